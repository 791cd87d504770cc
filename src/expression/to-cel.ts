/** JSON as CEL sees it: whole numbers are int, others double, objects are maps. */
export function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, toCel(member)]));
}

/** A value of CEL as JSON; what JSON does not have (bytes, times, types) as text. */
export function fromCel(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map(fromCel);
  const entries =
    value instanceof Map ? [...value] : Object.getPrototypeOf(value) === Object.prototype ? Object.entries(value ?? {}) : null;
  return entries === null ? String(value) : Object.fromEntries(entries.map(([name, member]) => [String(name), fromCel(member)]));
}
