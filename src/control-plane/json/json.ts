/** A JSON object whose members are not known yet. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member as an object, or an empty one: for reading optional parts of objects. */
export function objectAt(parent: unknown, ...path: readonly string[]): JsonObject {
  let value: unknown = parent;
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return isObject(value) ? value : {};
}

/** The member as a list, or an empty one. */
export function listAt(parent: unknown, ...path: readonly string[]): readonly unknown[] {
  const name = path.at(-1) ?? '';
  const value = objectAt(parent, ...path.slice(0, -1))[name];
  return Array.isArray(value) ? value : [];
}

/** The member as text, or ''. */
export function textAt(parent: unknown, ...path: readonly string[]): string {
  const value = objectAt(parent, ...path.slice(0, -1))[path.at(-1) ?? ''];
  return typeof value === 'string' ? value : '';
}

/** The member as a number, or the fallback. */
export function numberAt(parent: unknown, path: readonly string[], fallback = 0): number {
  const value = objectAt(parent, ...path.slice(0, -1))[path.at(-1) ?? ''];
  return typeof value === 'number' ? value : fallback;
}

/** Equality of JSON values; the order of an object's members does not count. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]));
}

/** A copy that shares nothing with the original. `__proto__` stays an ordinary member. */
export function copyJson<T>(value: T): T {
  return structuredClone(value);
}

/** Sets a member also where its name is `__proto__`, which an assignment would turn into the prototype. */
export function setMember(target: JsonObject, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/** JSON with sorted members: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`;
}
