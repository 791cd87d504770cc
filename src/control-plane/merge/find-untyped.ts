import { isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { isDeclared, keepsUnknown, memberSchema, type Schema } from '../schema/schema.ts';
import { itemStep, shapeOf } from './shape.ts';

/** Why an applied configuration does not fit the schema, in the words of the server: the first such thing, or null. */
export function findUntyped(given: Schema, value: unknown, path = ''): string | null {
  const schema = lookUp(given);
  if (value === null || value === undefined) return null;
  const mistyped = findMistyped(schema, value);
  if (mistyped !== null) return `${path}: ${mistyped}`;
  if (Array.isArray(value)) return findInList(schema, value, path);
  if (!isObject(value)) return null;
  for (const [name, member] of Object.entries(value)) {
    const own = memberSchema(schema, name);
    if (own === undefined && !keepsUnknown(schema) && hasMembers(schema)) return `${path}.${name}: field not declared in schema`;
    const found =
      own === undefined ? null : findUntyped(own, member, isDeclared(schema, name) ? `${path}.${name}` : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

/** An object type without any members is open. */
function hasMembers({ properties, additionalProperties }: Schema): boolean {
  return properties !== undefined || additionalProperties !== undefined;
}

function findInList(schema: Schema, list: readonly unknown[], path: string): string | null {
  const shape = shapeOf(schema, list);
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const step = shape.kind === 'list' ? itemStep(shape.items, shape.keys, item) : `i:${index}`;
    if (seen.has(step)) return `${path}: duplicate entries for key ${describeKeys(step)}`;
    seen.add(step);
    const found = schema.items === undefined ? null : findUntyped(schema.items, item, `${path}${describeKeys(step)}`);
    if (found !== null) return found;
  }
  return null;
}

function describeKeys(step: string): string {
  const text = step.slice(2);
  if (step.startsWith('i:')) return `[${text}]`;
  if (step.startsWith('v:')) return `[=${text}]`;
  const keys: unknown = JSON.parse(text);
  return `[${(isObject(keys) ? Object.entries(keys) : []).map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

function findMistyped(schema: Schema, value: unknown): string | null {
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string' || schema.oneOf !== undefined)
    return null;
  const found = Array.isArray(value) ? 'list' : isObject(value) ? 'map' : typeof value;
  switch (schema.type) {
    case 'object':
      return found === 'map' ? null : `expected map, got &{${String(value)}}`;
    case 'array':
      return found === 'list' ? null : `expected list, got &{${String(value)}}`;
    case 'string':
      return found === 'string' ? null : `expected string, got &value.valueUnstructured{Value:${String(value)}}`;
    case 'integer':
    case 'number':
      return found === 'number' ? null : `expected numeric (int or float), got ${found}`;
    case 'boolean':
      return found === 'boolean' ? null : `expected boolean, got &value.valueUnstructured{Value:${String(value)}}`;
    default:
      return null;
  }
}
