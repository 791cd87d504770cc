import { type Budget, limits } from '../budget.ts';
import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { anyMap, GoMap, List, typeName, type Value } from '../value.ts';
import { isEmpty } from './defaults.ts';
import { textOf } from './texts.ts';

const merge = defineVariadic(['map'], 'map', ([target], sources, budget) => {
  for (const source of sources) mergeInto(target, source, false, budget, 0);
  return target;
});

const mergeOverwrite = defineVariadic(['map'], 'map', ([target], sources, budget) => {
  for (const source of sources) mergeInto(target, source, true, budget, 0);
  return target;
});

const deepCopy = define(['any'], ([value], budget) => copy(value, budget, 0));

/** Sprig's functions on maps. Go's `keys` and `values` come in any order; here they are sorted by key. */
export const dicts: FunctionTable = {
  dict: defineVariadic([], 'any', (_, values, budget) => createDict(values, budget)),
  get: define(['map', 'string'], ([map, key]) => map.get(key) ?? (map.get(key) === null ? null : '')),
  set: define(['map', 'string', 'any'], ([map, key, value], budget) => {
    budget.spend(key.length);
    map.set(key, value);
    return map;
  }),
  unset: define(['map', 'string'], ([map, key]) => {
    map.entries.delete(key);
    return map;
  }),
  hasKey: define(['map', 'string'], ([map, key]) => map.entries.has(key)),
  pluck: defineVariadic(['string'], 'map', ([key], maps) => {
    return new List(maps.flatMap((map) => (map.entries.has(key) ? [map.get(key) ?? null] : [])));
  }),
  keys: defineVariadic([], 'map', (_, maps, budget) => {
    budget.members(maps.reduce((sum, { entries }) => sum + entries.size, 0));
    return new List(
      maps.flatMap((map) => map.sorted().map(([key]) => key)),
      'string',
    );
  }),
  values: define(['map'], ([map], budget) => {
    budget.members(map.entries.size);
    return new List(map.sorted().map(([, value]) => value));
  }),
  pick: defineVariadic(['map'], 'string', ([map], keys) => new GoMap(keys.flatMap((key) => entryOf(map, key)))),
  omit: defineVariadic(['map'], 'string', ([map], keys, budget) => {
    budget.members(map.entries.size);
    return new GoMap(map.sorted().filter(([key]) => typeof key !== 'string' || !keys.includes(key)));
  }),
  merge,
  mustMerge: merge,
  mergeOverwrite,
  mustMergeOverwrite: mergeOverwrite,
  deepCopy,
  mustDeepCopy: deepCopy,
  dig: defineVariadic([], 'any', (_, values) => dig(values)),
};

function createDict(values: readonly Value[], budget: Budget): GoMap {
  const map = new GoMap();
  for (let index = 0; index < values.length; index += 2) {
    const value = index + 1 < values.length ? (values[index + 1] ?? null) : '';
    map.set(textOf(values[index] ?? null, budget), value);
  }
  return map;
}

function entryOf(map: GoMap, key: string): (readonly [Value, Value])[] {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}

/** Fills in what is missing or empty, at every depth; or, overwriting, takes over everything. */
function mergeInto(target: GoMap, source: GoMap, overwrite: boolean, budget: Budget, depth: number): void {
  if (depth > limits.nesting) throw new FunctionError('the maps hold themselves, or are nested too deeply');
  for (const [key, value] of source.sorted()) {
    budget.step();
    const before = target.get(key);
    if (before instanceof GoMap && value instanceof GoMap && before !== value)
      mergeInto(before, value, overwrite, budget, depth + 1);
    else if (overwrite || before === undefined || isEmpty(before)) target.set(key, value);
  }
}

function copy(value: Value, budget: Budget, depth: number): Value {
  budget.step();
  if (depth > limits.nesting) throw new FunctionError('the value holds itself, or is nested too deeply');
  const inner = (member: Value) => copy(member, budget, depth + 1);
  if (value instanceof List) return new List(value.items.map(inner), value.elem);
  if (!(value instanceof GoMap)) return value;
  return new GoMap(
    value.sorted().map(([key, member]) => [key, inner(member)] as const),
    value.type,
  );
}

/** `dig "key" … default map`: walks maps by keys. */
function dig(values: readonly Value[]): Value {
  if (values.length < 3) throw new FunctionError('dig needs at least three arguments');
  const keys = values.slice(0, -2);
  const fallback = values.at(-2) ?? null;
  let holder: Value = values.at(-1) ?? null;
  for (const key of keys) {
    if (!(holder instanceof GoMap) || holder.type !== anyMap) {
      throw new FunctionError(`interface conversion: interface {} is ${shown(holder)}, not map[string]interface {}`);
    }
    if (typeof key !== 'string') throw new FunctionError(`interface conversion: interface {} is ${shown(key)}, not string`);
    const value = holder.get(key);
    if (value === undefined) return fallback;
    holder = value;
  }
  return holder;
}

function shown(value: Value): string {
  return value === null ? 'nil' : typeName(value);
}
