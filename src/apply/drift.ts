import type { KubeObject, ManagedFieldsEntry, NamespacedName } from '../core/index.ts';
import type { ApplyMode } from './apply-mode.ts';
import { digestOf } from './digest.ts';
import { findApplyEntry, isCleanedUp, isMessageAnnotation } from './field-managers.ts';
import { describeFieldPath, type FieldPath, type FieldSet, fieldsAt, leafPaths, withoutFields } from './field-set.ts';
import { type LostField, lostFields, stepsOf } from './lost-fields.ts';
import { isOwnedBy } from './owner-labels.ts';

/** What an object was right after an apply; small, and kept over restarts. */
export interface DriftRecord {
  readonly uid: string;
  /** Of the manifest that was applied: another one is not drift but a change in git. */
  readonly manifestDigest: string;
  /** Of the fields in our managedFields entry. */
  readonly entryHash: string;
}

export type DriftDecision =
  | { readonly do: 'nothing'; readonly because: string }
  /** A listing alone is no baseline: one dry run has to tell. */
  | { readonly do: 'unknown'; readonly because: string }
  /** `fields` names what was changed and by whom, as far as that can be told. */
  | { readonly do: 'correct'; readonly because: string; readonly fields: readonly LostField[]; readonly cleanup: boolean };

export interface DriftRules {
  readonly fieldManager: string;
  readonly owner: NamespacedName;
  /** `applyModeOf(manifest, object)`. */
  readonly mode: Pick<ApplyMode, 'policy' | 'merge'>;
  /** What we apply; only with it can lost fields be named. */
  readonly manifest?: KubeObject;
  /** An autoscaler targets it: its replicas are the autoscaler's. */
  readonly autoscaled?: boolean;
  /** The steps to the fields that are left to others. */
  readonly ignored?: readonly (readonly string[])[];
}

/** The record of what an apply (or a dry run that changed nothing) returned; null when our entry is not in it. */
export function driftRecord(applied: KubeObject, fieldManager: string, manifestDigest: string): DriftRecord | null {
  const entry = findApplyEntry(applied, fieldManager);
  const { uid } = applied.metadata;
  return entry === null || uid === undefined ? null : { uid, manifestDigest, entryHash: hashEntry(entry) };
}

/**
 * Decides from metadata alone whether somebody changed what we keep. `object` is null when it was deleted or lost our labels
 * (a watch by label cannot tell these apart).
 */
export function decideDrift(
  record: DriftRecord | null,
  object: Pick<KubeObject, 'metadata'> | null,
  rules: DriftRules,
): DriftDecision {
  if (rules.mode.policy === 'ignore') return { do: 'nothing', because: 'it is not reconciled' };
  if (object === null) return correct('it, or our label on it, is gone');
  if (rules.mode.policy === 'ifNotPresent') return { do: 'nothing', because: 'it is only created when absent' };
  if (object.metadata.deletionTimestamp !== undefined) return { do: 'nothing', because: 'it is being deleted' };
  if (!isOwnedBy(object, rules.owner)) return correct('our label on it is gone');
  if (record === null) return { do: 'unknown', because: 'nothing is recorded about it' };
  if (object.metadata.uid !== record.uid) return correct('it was deleted and created again by somebody else');
  return decideByEntries(record, object, rules);
}

function decideByEntries(record: DriftRecord, object: Pick<KubeObject, 'metadata'>, rules: DriftRules): DriftDecision {
  const { fieldManager, mode, manifest } = rules;
  const own = findApplyEntry(object, fieldManager);
  const others = (object.metadata.managedFields ?? []).filter((entry) => entry !== own && entry.subresource !== 'status');
  const isIntruder = (entry: ManagedFieldsEntry) => isCleanedUp(entry, fieldManager) && !touchesOnlyIgnored(entry, rules);
  const intruder = mode.merge ? undefined : others.find(isIntruder);
  const changed = own === null || !isSameHash(record.entryHash, hashEntry(own), rules.autoscaled === true);
  if (!changed && intruder === undefined) return { do: 'nothing', because: 'our fields are as we left them' };
  const missing = manifest === undefined ? [] : lostFields(manifest, own?.fieldsV1 ?? {}, others);
  const lost = missing.filter((field) => !isLeftAlone(field, rules));
  if (intruder === undefined && lost.length === 0 && missing.some(({ steps }) => isIgnored(steps, rules)))
    return { do: 'nothing', because: 'what changed is named in spec.ignore' };
  const fields = lost.length > 0 || intruder === undefined ? lost : fieldsOf(intruder);
  return { do: 'correct', because: explain(fields, intruder), fields, cleanup: intruder !== undefined };
}

function correct(because: string): DriftDecision {
  return { do: 'correct', because, fields: [], cleanup: false };
}

function explain(fields: readonly LostField[], intruder: ManagedFieldsEntry | undefined): string {
  const [first] = fields;
  if (first === undefined) return intruder === undefined ? 'a field of ours was changed' : `${intruder.manager} added fields`;
  const more = fields.length > 1 ? ` and ${fields.length - 1} more` : '';
  return first.manager === null ? `${first.path}${more} was removed` : `${first.path}${more} was changed by ${first.manager}`;
}

function fieldsOf(entry: ManagedFieldsEntry): LostField[] {
  return leafPaths(entry.fieldsV1 ?? {})
    .filter((path) => !isMessageAnnotation(path))
    .map((path) => ({ path: describeFieldPath(path), manager: entry.manager ?? null }));
}

function isLeftAlone({ path, steps }: LostField, rules: DriftRules): boolean {
  return (rules.autoscaled === true && path === 'spec.replicas') || isIgnored(steps, rules);
}

function touchesOnlyIgnored({ fieldsV1 }: ManagedFieldsEntry, rules: DriftRules): boolean {
  const paths = leafPaths(fieldsV1 ?? {});
  return paths.length > 0 && paths.every((path) => isIgnored(stepsOf(path, rules.manifest), rules));
}

/** It, or something that it is a part of, is left to others. */
function isIgnored(steps: readonly string[] | null | undefined, { ignored = [] }: DriftRules): boolean {
  return ignored.some((prefix) => steps != null && prefix.every((step, index) => steps[index] === step));
}

const replicas: FieldPath = ['f:spec', 'f:replicas'];
const replicasMark = '+replicas';

// Replicas are kept apart in the hash, because whether an autoscaler owns them can change without an apply of ours.
function hashEntry(entry: ManagedFieldsEntry): string {
  const known = hashes.get(entry) ?? computeHash(entry);
  hashes.set(entry, known);
  return known;
}

// What a watch told is never changed, and is judged at each reconcile.
const hashes = new WeakMap<ManagedFieldsEntry, string>();

function computeHash({ fieldsV1 = {} }: ManagedFieldsEntry): string {
  const set: FieldSet = withoutFields(fieldsV1, (path) => isStatus(path) || isMessageAnnotation(path) || isReplicas(path));
  return `${digestOf(set)}${fieldsAt(fieldsV1, replicas) === null ? '' : replicasMark}`;
}

function isSameHash(recorded: string, actual: string, autoscaled: boolean): boolean {
  const comparable = (hash: string) => (autoscaled ? hash.replace(replicasMark, '') : hash);
  return comparable(recorded) === comparable(actual);
}

function isStatus(path: FieldPath): boolean {
  return path.length === 1 && path[0] === 'f:status';
}

function isReplicas(path: FieldPath): boolean {
  return path.length === 2 && path[0] === replicas[0] && path[1] === replicas[1];
}
