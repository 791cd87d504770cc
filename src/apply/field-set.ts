import { isMap, type JsonMap } from './json.ts';

/** A `fieldsV1`: `f:name`, `k:{keys}`, `v:value` and `i:index` lead on, `.` (or an empty end) is the field itself. */
export type FieldSet = JsonMap;

/** One step of a path in a field set. */
export type FieldPath = readonly string[];

/** The fields of both. */
export function unionFields(left: FieldSet, right: FieldSet): FieldSet {
  // An empty set at a path is that field itself; beside children that has to be said by a dot.
  if (Object.keys(left).length === 0) return asMember(right);
  if (Object.keys(right).length === 0) return asMember(left);
  const keys = Object.keys({ ...left, ...right });
  return Object.fromEntries(keys.map((key) => [key, mergeAt(left[key], right[key])]));
}

function mergeAt(left: unknown, right: unknown): unknown {
  if (!isMap(left)) return right;
  return isMap(right) ? unionFields(left, right) : left;
}

function asMember(set: FieldSet): FieldSet {
  return Object.keys(set).length === 0 ? set : { '.': {}, ...set };
}

/** The set without what `drops` names, and without what becomes empty by that. */
export function withoutFields(set: FieldSet, drops: (path: FieldPath) => boolean, path: FieldPath = []): FieldSet {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(set)) {
    const at = [...path, key];
    if (drops(at)) continue;
    if (!isMap(value) || Object.keys(value).length === 0) kept[key] = value;
    else {
      const rest = withoutFields(value, drops, at);
      if (Object.keys(rest).length > 0) kept[key] = rest;
    }
  }
  return kept;
}

/** Every field of a set, as paths to its ends. */
export function leafPaths(set: FieldSet, path: FieldPath = []): FieldPath[] {
  const entries = Object.entries(set).filter(([key]) => key !== '.');
  if (entries.length === 0) return path.length === 0 ? [] : [path];
  return entries.flatMap(([key, value]) => leafPaths(isMap(value) ? value : {}, [...path, key]));
}

/** The set below a path, or null where it does not reach. */
export function fieldsAt(set: FieldSet, path: FieldPath): FieldSet | null {
  let at: unknown = set;
  for (const step of path) at = isMap(at) ? at[step] : undefined;
  return isMap(at) ? at : null;
}

/** `spec.template.spec.containers[name=app].image`: a path as people write it. */
export function describeFieldPath(path: FieldPath): string {
  return path.map(describeStep).join('').replace(/^\./, '');
}

function describeStep(step: string): string {
  const [type, text] = [step.slice(0, 2), step.slice(2)];
  if (type === 'f:') return /[./]/.test(text) ? `[${text}]` : `.${text}`;
  if (type !== 'k:') return `[${text}]`;
  const keys = parseKeys(text);
  return keys === null
    ? `[${text}]`
    : `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')}]`;
}

/** The keys of a `k:` step's JSON, or null when it is not a map. */
export function parseKeys(text: string): JsonMap | null {
  try {
    const keys: unknown = JSON.parse(text);
    return isMap(keys) ? keys : null;
  } catch {
    return null;
  }
}
