import { canonicalJson, isObject, type JsonObject, setMember } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { badRequest } from '../objects/api-status.ts';
import { memberSchema, type Schema } from '../schema/schema.ts';

const unknownSchema: Schema = {};

/** Kubernetes' strategic merge patch: lists merge by the key that the schema names; `$patch`, `$retainKeys`, `$setElementOrder` and `$deleteFromPrimitiveList` direct. */
export function applyStrategicMerge(given: Schema, current: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest('error decoding patch: a strategic merge patch is an object');
  return mergeObject(given, isObject(current) ? current : {}, patch);
}

function mergeObject(given: Schema, current: JsonObject, patch: JsonObject): JsonObject {
  const schema = lookUp(given);
  const { $patch: directive, $retainKeys: retained, ...rest } = patch;
  if (directive === 'delete') return {};
  const base = directive === 'replace' ? {} : Array.isArray(retained) ? pick(current, retained) : { ...current };
  for (const [name, value] of Object.entries(rest)) mergeMember(schema, base, name, value, rest);
  return base;
}

function pick(current: JsonObject, names: readonly unknown[]): JsonObject {
  return Object.fromEntries(Object.entries(current).filter(([name]) => names.includes(name)));
}

const directive = /^\$(setElementOrder|deleteFromPrimitiveList)\/(.+)$/;

function mergeMember(schema: Schema, base: JsonObject, name: string, value: unknown, patch: JsonObject): void {
  const [, kind, target = ''] = directive.exec(name) ?? [];
  if (kind === 'deleteFromPrimitiveList') return deleteFromList(base, target, value);
  if (kind === 'setElementOrder') {
    if (!Object.hasOwn(patch, target)) orderList(memberSchema(schema, target) ?? unknownSchema, base, target, value);
    return;
  }
  const own = memberSchema(schema, name) ?? unknownSchema;
  if (value === null) delete base[name];
  else if (Array.isArray(value)) {
    setMember(base, name, mergeList(own, base[name], value));
    orderList(own, base, name, patch[`$setElementOrder/${name}`]);
  } else if (isObject(value)) mergeInto(own, base, name, value);
  else setMember(base, name, value);
}

function mergeInto(schema: Schema, base: JsonObject, name: string, value: JsonObject): void {
  if (value['$patch'] === 'delete') delete base[name];
  else setMember(base, name, mergeObject(schema, isObject(base[name]) ? base[name] : {}, value));
}

function deleteFromList(base: JsonObject, name: string, values: unknown): void {
  const list = base[name];
  if (!Array.isArray(list) || !Array.isArray(values)) return;
  const gone = new Set(values.map(canonicalJson));
  base[name] = list.filter((item) => !gone.has(canonicalJson(item)));
}

/** Lists merge where the field's patch strategy says so, else they are replaced. */
function mergeList(given: Schema, current: unknown, patch: readonly unknown[]): unknown[] {
  const merges = given['x-kubernetes-patch-strategy']?.split(',').includes('merge') === true;
  const live = Array.isArray(current) ? current : [];
  const isReplaced = patch.some((item) => isObject(item) && item['$patch'] === 'replace');
  const items = patch.filter((item) => !(isObject(item) && item['$patch'] === 'replace'));
  if (!merges || isReplaced)
    return items.map((item) => (isObject(item) ? mergeObject(given.items ?? unknownSchema, {}, item) : item));
  const key = given['x-kubernetes-patch-merge-key'];
  return key === undefined ? mergeValuesOnce(live, items) : mergeByKey(given.items ?? unknownSchema, key, live, items);
}

function mergeValuesOnce(live: readonly unknown[], items: readonly unknown[]): unknown[] {
  const known = new Set(live.map(canonicalJson));
  return [...live, ...items.filter((item) => !known.has(canonicalJson(item)))];
}

function mergeByKey(schema: Schema, key: string, live: readonly unknown[], items: readonly unknown[]): unknown[] {
  const merged = [...live];
  for (const item of items) {
    if (!isObject(item) || !Object.hasOwn(item, key))
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const index = merged.findIndex((candidate) => isObject(candidate) && candidate[key] === item[key]);
    const found = merged[index];
    if (item['$patch'] === 'delete') {
      if (index >= 0) merged.splice(index, 1);
    } else if (isObject(found)) merged[index] = mergeObject(schema, found, item);
    else merged.push(mergeObject(schema, {}, item));
  }
  return merged;
}

/** The named items in the given order; the others keep their place behind the item that they followed. */
function orderList(given: Schema, base: JsonObject, name: string, order: unknown): void {
  const list = base[name];
  if (!Array.isArray(list) || !Array.isArray(order)) return;
  const key = given['x-kubernetes-patch-merge-key'];
  const identify = (item: unknown) => canonicalJson(key !== undefined && isObject(item) ? item[key] : item);
  const rank = new Map(order.map((item, index) => [identify(item), index]));
  const named = list
    .filter((item) => rank.has(identify(item)))
    .sort((a, b) => (rank.get(identify(a)) ?? 0) - (rank.get(identify(b)) ?? 0));
  base[name] = list.map((item) => (rank.has(identify(item)) ? named.shift() : item));
}
