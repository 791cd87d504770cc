import { isObject, type JsonObject, listAt } from '../json/json.ts';
import { lookUp, objectMetaSchema } from '../kinds/built-in-definitions.ts';
import { keepsUnknown, memberSchema, type Schema } from './schema.ts';

/** Removes the members that the schema does not know, in place, and returns their paths (`spec.foo`, `spec.list[0].bar`). */
export function pruneUnknown(schema: Schema, value: unknown, path = ''): string[] {
  const unknown: string[] = [];
  visit(schema, value, path, unknown);
  return unknown;
}

function visit(given: Schema, value: unknown, path: string, unknown: string[]): void {
  const schema = lookUp(given);
  if (Array.isArray(value)) {
    if (schema.items !== undefined)
      for (const [index, item] of value.entries()) visit(schema.items, item, `${path}[${index}]`, unknown);
  } else if (isObject(value)) visitMembers(schema, value, path, unknown);
}

function visitMembers(schema: Schema, value: JsonObject, path: string, unknown: string[]): void {
  const keeps = keepsUnknown(schema);
  for (const name of Object.keys(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const member = memberSchema(schema, name) ?? embeddedSchema(schema, name);
    if (member !== undefined) visit(member, value[name], at, unknown);
    else if (!keeps) {
      delete value[name];
      unknown.push(at);
    }
  }
}

const text: Schema = { type: 'string' };

/** An embedded object has the three parts that every object has, declared or not. */
function embeddedSchema(schema: Schema, name: string): Schema | undefined {
  if (schema['x-kubernetes-embedded-resource'] !== true) return undefined;
  if (name === 'apiVersion' || name === 'kind') return text;
  return name === 'metadata' ? objectMetaSchema : undefined;
}

/** Removes what is null where a built-in kind's decoder would leave the field unset. In place. */
export function dropNulls(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item);
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    if (value[name] === null) delete value[name];
    else dropNulls(value[name]);
  }
}

/** Removes empty lists and maps where a built-in kind's encoder would leave them out. In place. */
export function dropEmpties(given: Schema, value: unknown): void {
  const schema = lookUp(given);
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) dropEmpties(schema.items, item);
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const member = memberSchema(schema, name);
    if (member === undefined) continue;
    dropEmpties(member, value[name]);
    if (isOmittedWhenEmpty(schema, name, member) && isEmpty(value[name])) delete value[name];
  }
}

function isOmittedWhenEmpty(schema: Schema, name: string, member: Schema): boolean {
  const { type, additionalProperties } = lookUp(member);
  const isCollection = type === 'array' || (type === 'object' && additionalProperties !== undefined);
  return isCollection && schema.required?.includes(name) !== true && schema.properties?.[name] !== undefined;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** Keys that a list of kind `map` may hold once; the positions of those that come again. */
export function repeatedKeys(schema: Schema, list: readonly unknown[]): number[] {
  const keys = listAt(schema, 'x-kubernetes-list-map-keys').map(String);
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key =
      schema['x-kubernetes-list-type'] === 'set'
        ? JSON.stringify(item)
        : JSON.stringify(keys.map((name) => (isObject(item) ? item[name] : undefined)));
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}
