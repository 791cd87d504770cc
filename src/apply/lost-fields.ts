import type { KubeObject, ManagedFieldsEntry } from '../core/index.ts';
import { describeFieldPath, type FieldPath, type FieldSet, fieldsAt, parseKeys } from './field-set.ts';
import { isMap, isSameJson, type JsonMap } from './json.ts';
import { valueAt } from './json-pointer.ts';

/** A field of our manifest that is not ours any more, and who has it now (null: nobody, it was removed). */
export interface LostField {
  /** `spec.template.spec.containers[name=app].image`. */
  readonly path: string;
  readonly manager: string | null;
  /** The steps to it in the manifest; null where the manifest has no such item. */
  readonly steps?: readonly string[] | null;
}

/** What our manifest sets and our entry of managedFields does not hold (any more). */
export function lostFields(manifest: KubeObject, own: FieldSet, others: readonly ManagedFieldsEntry[]): LostField[] {
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...content } = manifest;
  const { labels, annotations } = metadata;
  const wanted = { ...content, metadata: { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) } };
  return missingPaths(wanted, { own, others: others.map(({ fieldsV1 }) => fieldsV1 ?? {}) }, []).map((path) => ({
    path: describeFieldPath(path),
    steps: stepsOf(path, manifest),
    manager: others.find(({ fieldsV1 }) => fieldsAt(fieldsV1 ?? {}, path) !== null)?.manager ?? null,
  }));
}

/** Where a path of a field set leads in an object; null where a list has no such item. */
export function stepsOf(path: FieldPath, object: unknown): string[] | null {
  const steps: string[] = [];
  let at: unknown = object;
  for (const step of path) {
    if (step.startsWith('f:')) steps.push(step.slice(2));
    else {
      const index = Array.isArray(at) ? at.findIndex((item) => findItemStep(item, { [step]: {} }) !== null) : -1;
      if (index < 0) return null;
      steps.push(String(index));
    }
    at = valueAt(at, steps.slice(-1));
  }
  return steps;
}

interface Sets {
  /** Our fields at the path reached so far. */
  readonly own: FieldSet;
  /** Whole sets of the others: they tell the keys of list items that we do not hold. */
  readonly others: readonly FieldSet[];
}

function missingPaths(wanted: JsonMap, sets: Sets, path: FieldPath): FieldPath[] {
  return Object.entries(wanted)
    .filter(([, value]) => value !== null && value !== undefined)
    .flatMap(([key, value]) => missingBelow(value, sets, { step: `f:${key}`, path }));
}

function missingBelow(value: unknown, { own, others }: Sets, { step, path }: { step: string; path: FieldPath }): FieldPath[] {
  const [below, at] = [own[step], [...path, step]];
  if (!isMap(below)) return isStructure(value) ? missingPaths(value, { own: {}, others }, at) : [at];
  const isWhole = Object.keys(below).every((key) => key === '.'); // an atomic list or map, or a plain value
  if (isWhole) return [];
  if (Array.isArray(value)) return value.flatMap((item) => missingItem(item, { own: below, others }, at));
  return isMap(value) ? missingPaths(value, { own: below, others }, at) : [];
}

function missingItem(item: unknown, { own, others }: Sets, path: FieldPath): FieldPath[] {
  const step = findItemStep(item, own);
  if (step === null) return [[...path, stepElsewhere(item, others, path)]];
  const below = own[step];
  return isMap(item) && isMap(below) && Object.keys(below).length > 0
    ? missingPaths(item, { own: below, others }, [...path, step])
    : [];
}

/** The step of a field set that stands for an item of a list, or null. */
export function findItemStep(item: unknown, set: FieldSet): string | null {
  const matches = (step: string) => {
    if (step.startsWith('v:')) return step.slice(2) === JSON.stringify(item);
    const keys = step.startsWith('k:') ? parseKeys(step.slice(2)) : null;
    return keys !== null && isMap(item) && Object.entries(keys).every(([key, value]) => isSameJson(item[key], value));
  };
  return Object.keys(set).find(matches) ?? null;
}

function stepElsewhere(item: unknown, others: readonly FieldSet[], path: FieldPath): string {
  for (const other of others) {
    const step = findItemStep(item, fieldsAt(other, path) ?? {});
    if (step !== null) return step;
  }
  return isMap(item) && item['name'] !== undefined ? `k:${JSON.stringify({ name: item['name'] })}` : `v:${JSON.stringify(item)}`;
}

function isStructure(value: unknown): value is JsonMap {
  return isMap(value) && Object.keys(value).length > 0;
}
