import type { KubeObject, ManagedFieldsEntry } from '../core/index.ts';
import { findApplyEntry, isCleanedUp } from './field-managers.ts';
import { unionFields } from './field-set.ts';
import { applyFieldManager } from './names.ts';

export interface JsonPatchOperation {
  readonly op: 'replace' | 'remove' | 'test' | 'add';
  readonly path: string;
  readonly value?: unknown;
}

const staleAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
];
const staleLabels = ['fluxcd.io/sync-gc-mark'];

/**
 * The JSON patch that takes over what other managers left on an object: their fields become ours, so that the next apply
 * removes those that git does not have. Null when there is nothing to do. It replaces resourceVersion too, so that the server
 * refuses it with CONFLICT if the object changed since it was read. Not to be used where `ssa: Merge` holds.
 */
export function cleanupPatch(live: KubeObject, fieldManager: string = applyFieldManager): JsonPatchOperation[] | null {
  const entries = takeOver(live, fieldManager);
  const operations: JsonPatchOperation[] = [
    ...(entries === null ? [] : [{ op: 'replace' as const, path: '/metadata/managedFields', value: entries }]),
    ...removals(live.metadata.annotations, staleAnnotations, '/metadata/annotations'),
    ...removals(live.metadata.labels, staleLabels, '/metadata/labels'),
  ];
  if (operations.length === 0) return null;
  const { resourceVersion } = live.metadata;
  const guard: JsonPatchOperation = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
  return resourceVersion === undefined ? operations : [...operations, guard];
}

function takeOver(live: KubeObject, fieldManager: string): ManagedFieldsEntry[] | null {
  const all = live.metadata.managedFields ?? [];
  const taken = all.filter((entry) => isCleanedUp(entry, fieldManager));
  const [first, ...others] = taken;
  if (first === undefined) return null;
  const own = findApplyEntry(live, fieldManager);
  const start: ManagedFieldsEntry = own ?? { ...first, manager: fieldManager, operation: 'Apply' };
  const merged = (own === null ? others : taken).reduce(mergeEntries, start);
  return [...all.filter((entry) => entry !== own && !taken.includes(entry)), merged];
}

function mergeEntries(into: ManagedFieldsEntry, from: ManagedFieldsEntry): ManagedFieldsEntry {
  return { ...into, fieldsV1: unionFields(into.fieldsV1 ?? {}, from.fieldsV1 ?? {}) };
}

function removals(actual: Record<string, string> | undefined, names: readonly string[], root: string): JsonPatchOperation[] {
  return names
    .filter((name) => actual?.[name] !== undefined)
    .map((name) => ({ op: 'remove', path: `${root}/${escapePointer(name)}` }));
}

function escapePointer(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}
