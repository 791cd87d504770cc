import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** The smallest JSON merge patch (RFC 7396) that turns `before` into `after`; null when they are equal. Arrays change as a whole. */
export function diffMergePatch(before: Json, after: Json): Record<string, unknown> | null {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (after[key] === undefined && before[key] !== undefined) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (value === undefined || isDeepStrictEqual(old, value)) continue;
    if (isPlainObject(old) && isPlainObject(value)) patch[key] = diffMergePatch(old, value) ?? {};
    else patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? null : patch;
}

/** `target` with `patch` merged in as RFC 7396 says; neither is changed. */
export function applyMergePatch(target: Json, patch: Json): Record<string, unknown> {
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (value === null) delete result[key];
    else if (isPlainObject(value)) result[key] = applyMergePatch(isPlainObject(old) ? old : {}, value);
    else if (value !== undefined) result[key] = value;
  }
  return result;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
