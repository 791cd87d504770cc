import type { KubeObject } from '../core/index.ts';
import { switches } from './names.ts';

/** What the switches on a manifest and on the live object say about applying it. */
export interface ApplyMode {
  readonly do: 'apply' | 'skip';
  readonly because: string;
  /** manage: kept as the manifest says. ifNotPresent: created when absent, then left alone. ignore: never touched. */
  readonly policy: 'manage' | 'ifNotPresent' | 'ignore';
  /** Fields that others added with kubectl stay (`ssa: Merge`): no clean-up of managers. */
  readonly merge: boolean;
  /** May be deleted and created again where a field cannot change. */
  readonly force: boolean;
}

type Labelled = Pick<KubeObject, 'metadata'>;

/** True when an annotation or a label of this name has this value, whatever the case of its letters. */
export function hasSwitch(object: Labelled | null, name: string, value: string): boolean {
  const values = [object?.metadata.annotations?.[name], object?.metadata.labels?.[name]];
  return values.some((actual) => typeof actual === 'string' && actual.toLowerCase() === value.toLowerCase());
}

/** How an object has to be applied; `live` is null when it does not exist yet. */
export function applyModeOf(manifest: Labelled, live: Labelled | null): ApplyMode {
  const either = (name: string, value: string) => hasSwitch(manifest, name, value) || hasSwitch(live, name, value);
  const flags = { merge: either(switches.ssa, 'Merge'), force: either(switches.force, 'enabled') };
  if (either(switches.reconcile, 'disabled'))
    return { do: 'skip', policy: 'ignore', because: `${switches.reconcile} is disabled`, ...flags };
  if (either(switches.ssa, 'Ignore')) return { do: 'skip', policy: 'ignore', because: `${switches.ssa} is Ignore`, ...flags };
  // The manifest alone decides this one, as the created object carries the switch too and could never be taken back under management.
  if (!hasSwitch(manifest, switches.ssa, 'IfNotPresent'))
    return { do: 'apply', policy: 'manage', because: 'the source says so', ...flags };
  if (live === null) return { do: 'apply', policy: 'ifNotPresent', because: 'it does not exist yet', ...flags };
  return { do: 'skip', policy: 'ifNotPresent', because: `${switches.ssa} is IfNotPresent and it exists`, ...flags };
}
