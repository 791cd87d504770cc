import type { Budget } from '../budget.ts';
import { define, defineVariadic, type FunctionTable, type TemplateFunction } from '../define.ts';
import { FunctionError } from '../error.ts';
import { Int, kindName, List, type Value } from '../value.ts';
import { listOf } from './builtins.ts';
import { isDeepEqual } from './deep-equal.ts';
import { isEmpty } from './defaults.ts';
import { toWhole } from './numbers.ts';

/** A list from members of a list. */
function derive(verb: string, change: (items: readonly Value[], budget: Budget) => readonly Value[]): TemplateFunction {
  return define(['any'], ([value], budget) => {
    const { items } = listOf(value, verb);
    budget.members(items.length);
    return new List(change(items, budget));
  });
}

const push = define(['any', 'any'], ([list, item], budget) => grow(listOf(list, 'Cannot push on type'), [], [item], budget));
const prepend = define(['any', 'any'], ([list, item], budget) =>
  grow(listOf(list, 'Cannot prepend on type'), [item], [], budget),
);

function grow({ items }: List, front: readonly Value[], back: readonly Value[], budget: Budget): List {
  budget.members(items.length + 1);
  return new List([...front, ...items, ...back]);
}

const first = define(['any'], ([value]) => listOf(value, 'Cannot find first on type').items[0] ?? null);
const last = define(['any'], ([value]) => listOf(value, 'Cannot find last on type').items.at(-1) ?? null);
const rest = derive('Cannot find rest on type', (items) => items.slice(1));
const initial = derive('Cannot find initial on type', (items) => items.slice(0, -1));
const reverse = derive('Cannot find reverse on type', (items) => items.toReversed());
const compact = derive('Cannot compact on type', (items) => items.filter((item) => !isEmpty(item)));

const uniq = derive('Cannot find uniq on type', (items, budget) => {
  const distinct: Value[] = [];
  for (const item of items) if (!includes(distinct, item, budget)) distinct.push(item);
  return distinct;
});

const without = defineVariadic(['any'], 'any', ([value], omitted, budget) => {
  const { items } = listOf(value, 'Cannot find without on type');
  return new List(items.filter((item) => !includes(omitted, item, budget)));
});

const has = define(['any', 'any'], ([wanted, value], budget) =>
  value === null ? false : includes(listOf(value, 'Cannot find has on type').items, wanted, budget),
);

function includes(items: readonly Value[], wanted: Value, budget: Budget): boolean {
  return items.some((item) => isDeepEqual(item, wanted, budget));
}

const slice = defineVariadic(['any'], 'any', ([value], bounds, budget) => {
  const list = listOf(value, 'list should be type of slice or array but');
  if (list.items.length === 0) return null;
  const [start = 0, end = list.items.length] = bounds.map((bound) => Number(toWhole(bound)));
  if (start < 0 || end < start || end > list.items.length)
    throw new FunctionError('reflect.Value.Slice: slice index out of bounds');
  budget.members(end - start);
  return new List(list.items.slice(start, end), list.elem);
});

const chunk = define(['int', 'any'], ([size, value], budget) => {
  const { items } = listOf(value, 'Cannot chunk type');
  if (size < 1) throw new FunctionError('runtime error: makeslice: len out of range');
  budget.members(items.length * 2);
  const count = Math.ceil(items.length / size);
  const chunks = Array.from({ length: count }, (_, index) => new List(items.slice(index * size, (index + 1) * size)));
  return new List(chunks, '[]interface {}');
});

const list = defineVariadic([], 'any', (_, items) => new List(items));

/** Sprig's functions on lists. */
export const lists: FunctionTable = {
  list,
  tuple: list,
  append: push,
  push,
  mustAppend: push,
  mustPush: push,
  prepend,
  mustPrepend: prepend,
  first,
  mustFirst: first,
  last,
  mustLast: last,
  rest,
  mustRest: rest,
  initial,
  mustInitial: initial,
  reverse,
  mustReverse: reverse,
  compact,
  mustCompact: compact,
  uniq,
  mustUniq: uniq,
  without,
  mustWithout: without,
  has,
  mustHas: has,
  slice,
  mustSlice: slice,
  chunk,
  mustChunk: chunk,
  concat: defineVariadic([], 'any', (_, values, budget) => {
    const all = values.map((value) => concatenable(value));
    budget.members(all.reduce((sum, items) => sum + items.length, 0));
    return new List(all.flat());
  }),
  until: define(['int'], ([count], budget) => countTo(0, count, count < 0 ? -1 : 1, budget)),
  untilStep: define(['int', 'int', 'int'], ([start, stop, step], budget) => countTo(start, stop, step, budget)),
  seq: defineVariadic([], 'int', (_, params, budget) => sequence(params, budget)),
};

function concatenable(value: Value): readonly Value[] {
  if (value !== null && !(value instanceof List)) throw new FunctionError(`Cannot concat type ${kindName(value)} as list`);
  return listOf(value, '').items;
}

function countTo(start: number, stop: number, step: number, budget: Budget): List {
  const isReachable = stop < start ? step < 0 : step > 0;
  const count = isReachable ? Math.ceil((stop - start) / step) : 0;
  budget.members(count);
  return new List(
    Array.from({ length: count }, (_, index) => new Int(start + index * step)),
    'int',
  );
}

/** `seq end`, `seq start end` or `seq start step end`, with both ends. */
function sequence(params: readonly number[], budget: Budget): string {
  if (params.length === 0 || params.length > 3) return '';
  const [start, end] = params.length === 1 ? [1, params[0] ?? 0] : [params[0] ?? 0, params.at(-1) ?? 0];
  const direction = end < start ? -1 : 1;
  const step = params.length === 3 ? (params[1] ?? 0) : direction;
  if (direction < 0 && step > 0) return '';
  const { items } = countTo(start, end + direction, step, budget);
  return items.map((item) => (item instanceof Int ? String(item.value) : '')).join(' ');
}
