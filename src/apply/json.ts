export type JsonMap = { readonly [field: string]: unknown };

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text that is the same for equal values: keys sorted, fields of `undefined` left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isMap(part) ? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1))) : part,
  );
}

/** Equality of JSON values; absent and null mean the same to a Kubernetes API, so they are equal here. */
export function isSameJson(left: unknown, right: unknown): boolean {
  if (left === right || (left ?? null) === (right ?? null)) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isSameJson(item, right[index]));
  if (!isMap(left) || !isMap(right)) return false;
  return Object.keys({ ...left, ...right }).every((key) => isSameJson(left[key], right[key]));
}
