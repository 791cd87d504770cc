import { isDeepStrictEqual } from 'node:util';
import {
  type GitRepository,
  gitRepositoryKind,
  type ImageUpdateAutomation,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  pausedUntilAnnotation,
  type Rollout,
  roleAnnotation,
  updateGuardKind,
} from '../api/index.ts';
import { formatKey, type KubeObject, keyOf, type NamespacedName } from '../core/index.ts';
import type { ObjectChange, WakeRule } from '../engine/index.ts';
import { remoteKey } from '../git/index.ts';
import { isEnded } from '../rollout/index.ts';
import { sourceRefOf } from './kustomization-spec.ts';

export interface RolloutLists {
  listRollouts(): readonly Rollout[];
  listSources(): readonly GitRepository[];
}

/** A rollout runs when a source of its repository shows something else, or when what is built from one got somewhere. */
export function rolloutWakes(lists: RolloutLists): WakeRule[] {
  return [
    {
      on: gitRepositoryKind,
      because: 'its source changed',
      keys: (change) => (isSame(change, revisionOf) ? [] : rolloutsOn(urlOf(change), lists)),
    },
    {
      on: updateGuardKind,
      because: 'a guard changed',
      keys: (change) => (isSame(change, (object) => object?.['spec']) ? [] : failed(lists)),
    },
    {
      on: imageUpdateAutomationKind,
      because: 'whether its automation may write changed',
      keys: (change) => (isSame(change, switchesOf) ? [] : failed(lists)),
    },
  ];
}

/** The same for Kustomizations, where this process follows them. */
export function rolloutWakesOnKustomizations(lists: RolloutLists): WakeRule {
  return {
    on: kustomizationKind,
    because: 'a Kustomization changed',
    keys: (change) => (isSame(change, progressOf) ? [] : rolloutsOn(sourceUrlOf(change, lists), lists)),
  };
}

function rolloutsOn(url: string | undefined, { listRollouts }: RolloutLists): string[] {
  if (url === undefined) return [];
  return listRollouts()
    .filter(({ spec, status }) => !isEnded(status?.phase) && remoteKey(spec.repository) === remoteKey(url))
    .map(keyOf);
}

function failed({ listRollouts }: RolloutLists): string[] {
  return listRollouts()
    .filter(({ status }) => status?.phase === 'Failed')
    .map(keyOf);
}

function switchesOf(object: KubeObject | null): unknown {
  const { [pausedUntilAnnotation]: paused, [roleAnnotation]: role } = object?.metadata.annotations ?? {};
  return [(object as ImageUpdateAutomation | null)?.spec.suspend, paused, role];
}

function revisionOf(object: KubeObject | null): unknown {
  return (object as GitRepository | null)?.status?.artifact?.revision;
}

function progressOf(object: KubeObject | null): unknown {
  const status = (object as Kustomization | null)?.status;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return [
    status?.lastAppliedRevision,
    status?.lastAttemptedRevision,
    status?.inventory,
    ready?.status,
    ready?.message,
    object?.['spec'],
  ];
}

function urlOf({ before, after }: ObjectChange): string | undefined {
  return ((after ?? before) as GitRepository | null)?.spec.url;
}

function sourceUrlOf({ before, after }: ObjectChange, { listSources }: RolloutLists): string | undefined {
  const kustomization = (after ?? before) as Kustomization | null;
  if (kustomization === null) return undefined;
  const key = formatKey(sourceRefOf(kustomization) as NamespacedName);
  return listSources().find((source) => keyOf(source) === key)?.spec.url;
}

function isSame({ before, after }: ObjectChange, facts: (object: KubeObject | null) => unknown): boolean {
  return isDeepStrictEqual(facts(before), facts(after));
}
