import { isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { isDeclared, memberSchema, type Schema } from './schema.ts';

export interface Mistyped {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

/** The Go struct that a field belongs to, as far as a reference names it. */
function structName(given: Schema, known: string): string {
  return given.$ref?.split('.').at(-1) ?? known;
}

/** The first member that cannot be decoded into a built-in kind's field, in Go's words; null where all can. */
export function findMistyped(given: Schema, value: unknown, path = '', within = ''): Mistyped | null {
  const schema = lookUp(given);
  const wanted = goType(schema);
  if (wanted !== null && !fits(schema, value)) return { path: `${within}.${path}`, found: foundType(value), wanted };
  if (Array.isArray(value))
    return firstOf(value, (item) => (schema.items === undefined ? null : findMistyped(schema.items, item, path, within)));
  if (!isObject(value)) return null;
  return firstOf(Object.keys(value), (name) => {
    const member = memberSchema(schema, name);
    const own = isDeclared(schema, name) ? (path === '' ? name : `${path}.${name}`) : path; // a map's keys are no fields
    return member === undefined ? null : findMistyped(member, value[name], own, structName(given, within));
  });
}

function firstOf<T>(items: readonly T[], find: (item: T) => Mistyped | null): Mistyped | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}

function fits(schema: Schema, value: unknown): boolean {
  if (value === null || schema.format === 'int-or-string') return true;
  if (schema.oneOf !== undefined) return typeof value === 'string' || typeof value === 'number';
  switch (schema.type) {
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return typeof value === schema.type;
  }
}

function goType({ type, format, oneOf }: Schema): string | null {
  if (oneOf !== undefined || format === 'int-or-string') return 'resource.Quantity';
  if (type === 'integer') return format ?? 'int32';
  if (type === 'boolean') return 'bool';
  if (type === 'number') return 'float64';
  if (type === 'array') return '[]v1';
  return type === 'object' ? 'map' : type === undefined || type === '' ? null : type;
}

function foundType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
