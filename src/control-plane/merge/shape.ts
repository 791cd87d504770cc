import { canonicalJson, isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { isDeclared, memberSchema, type Schema } from '../schema/schema.ts';

/** How the fields of a value merge. What is atomic is owned and replaced as a whole. */
export type Shape =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'map'; readonly schema: Schema }
  | { readonly kind: 'list'; readonly schema: Schema; readonly items: Schema; readonly keys: readonly string[] | null };

const atomic: Shape = { kind: 'atomic' };
const unknownSchema: Schema = {};

/** By the schema, or else by the values: objects merge by member, lists are atomic. A list of `keys: null` is a set. */
export function shapeOf(given: Schema, ...values: readonly unknown[]): Shape {
  const schema = lookUp(given);
  const isMap = values.some(isObject);
  const isList = values.some(Array.isArray);
  if (isMap && !isList) return schema['x-kubernetes-map-type'] === 'atomic' ? atomic : { kind: 'map', schema };
  if (!isList || isMap) return atomic;
  return listShape(schema);
}

function listShape(schema: Schema): Shape {
  const items = schema.items ?? unknownSchema;
  const {
    'x-kubernetes-list-type': type,
    'x-kubernetes-list-map-keys': keys,
    'x-kubernetes-patch-strategy': strategy,
    'x-kubernetes-patch-merge-key': key,
  } = schema;
  if (type === 'map') return { kind: 'list', schema, items, keys: keys ?? [] };
  if (type === 'set') return { kind: 'list', schema, items, keys: null };
  if (type === undefined && strategy?.split(',').includes('merge'))
    return { kind: 'list', schema, items, keys: key === undefined ? null : [key] };
  return atomic;
}

/** The schema of a map's member. */
export function memberOf(schema: Schema, name: string): Schema {
  return memberSchema(schema, name) ?? unknownSchema;
}

/** What a map's member counts as where it is not written: Go's structs are empty then, its lists and maps null, all else is absent. */
export function absentMember(schema: Schema, name: string): unknown {
  const member = isDeclared(schema, name) ? schema.properties?.[name] : undefined;
  if (member?.['x-always-present'] !== true) return undefined;
  return member.$ref === undefined ? null : {};
}

/** The step that names an item of a list: its keys, those left out by their defaults; or the item itself in a set. */
export function itemStep(items: Schema, keys: readonly string[] | null, item: unknown): string {
  if (keys === null) return `v:${JSON.stringify(item)}`;
  const schema = lookUp(items);
  const entries = keys.flatMap((key) => {
    const value = (isObject(item) ? item[key] : undefined) ?? lookUp(memberOf(schema, key)).default;
    return value === undefined ? [] : [[key, value] as const];
  });
  return `k:${canonicalJson(Object.fromEntries(entries))}`;
}
