import type { Budget } from '../budget.ts';
import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { formatValue, printAll } from '../format-value.ts';
import { formatVerbs } from '../format-verbs.ts';
import { byteLength, GoMap, Int, isTrue, kindName, List, typeName, type Value } from '../value.ts';
import { escapeHtml, escapeQuery, escapeScript } from './escapes.ts';

/** Go's own functions but for the comparisons; `and`, `or` and `call` are the evaluator's, and stand here for their names. */
export const builtins: FunctionTable = {
  and: defineVariadic(['any'], 'any', ([first]) => first),
  or: defineVariadic(['any'], 'any', ([first]) => first),
  call: defineVariadic(['any'], 'any', ([first]) => first),
  not: define(['any'], ([value]) => !isTrue(value)),
  len: define(['any'], ([value]) => new Int(lengthOf(value))),
  index: defineVariadic(['any'], 'any', ([value], keys) => {
    if (value === null) throw new FunctionError('index of untyped nil');
    return keys.reduce(indexInto, value);
  }),
  slice: defineVariadic(['any'], 'any', ([value], bounds, budget) => sliceOf(value, bounds, budget)),
  print: defineVariadic([], 'any', (_, values, budget) => printAll(values, budget)),
  println: defineVariadic([], 'any', (_, values, budget) => `${values.map((value) => formatValue(value, budget)).join(' ')}\n`),
  printf: defineVariadic(['string'], 'any', ([format], values, budget) => formatVerbs(format, values, budget)),
  html: defineVariadic([], 'any', (_, values, budget) => escapeHtml(joined(values, budget))),
  js: defineVariadic([], 'any', (_, values, budget) => escapeScript(joined(values, budget))),
  urlquery: defineVariadic([], 'any', (_, values, budget) => escapeQuery(joined(values, budget))),
};

function joined(values: readonly Value[], budget: Budget): string {
  const text = printAll(
    values.map((value) => (value === null ? '<no value>' : value)),
    budget,
  );
  // Escapes are up to six times as long.
  budget.spend(text.length * 6);
  return text;
}

function lengthOf(value: Value): number {
  if (value === null) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
  if (typeof value === 'string') return byteLength(value);
  if (value instanceof List) return value.items.length;
  if (value instanceof GoMap) return value.entries.size;
  throw new FunctionError(`len of type ${typeName(value)}`);
}

function indexInto(holder: Value, key: Value): Value {
  if (holder === null) throw new FunctionError('index of nil pointer');
  if (holder instanceof GoMap) return indexMap(holder, key);
  if (holder instanceof List) return holder.items[readPosition(key, holder.items.length, 'slice')] ?? null;
  if (typeof holder !== 'string') throw new FunctionError(`can't index item of type ${typeName(holder)}`);
  const bytes = Buffer.from(holder);
  return new Int(bytes[readPosition(key, bytes.length, 'string')] ?? 0, 'uint8');
}

function indexMap(map: GoMap, key: Value): Value {
  if (key === null) throw new FunctionError(`value is nil; should be of type ${map.type.key}`);
  if (typeName(key) !== map.type.key) throw new FunctionError(`value has type ${typeName(key)}; should be ${map.type.key}`);
  return map.get(key) ?? map.type.zero;
}

function readIndex(index: Value, last: number): number {
  if (index === null) throw new FunctionError('cannot index slice/array with nil');
  if (!(index instanceof Int)) throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  if (index.value < 0n || index.value > BigInt(last)) throw new FunctionError(`index out of range: ${index.value}`);
  return Number(index.value);
}

/** Go's check lets the length itself pass, and the access then fails in words of its own. */
function readPosition(index: Value, length: number, kind: string): number {
  const position = readIndex(index, length);
  if (position === length) throw new FunctionError(`reflect: ${kind} index out of range`);
  return position;
}

function sliceOf(value: Value, bounds: readonly Value[], budget: Budget): Value {
  if (value === null) throw new FunctionError('slice of untyped nil');
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  if (typeof value === 'string' && bounds.length === 3) throw new FunctionError('cannot 3-index slice a string');
  if (typeof value !== 'string' && !(value instanceof List)) {
    throw new FunctionError(`can't slice item of type ${typeName(value)}`);
  }
  const length = lengthOf(value);
  const [start = 0, end = length, capacity = length] = bounds.map((bound) => readIndex(bound, length));
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) throw new FunctionError(`invalid slice index: ${end} > ${capacity}`);
  if (value instanceof List) {
    budget.members(end - start);
    return new List(value.items.slice(start, end), value.elem);
  }
  budget.spend(length);
  return Buffer.from(value).subarray(start, end).toString('utf8');
}

/** For messages of functions that take lists of any type. */
export function listOf(value: Value, verb: string): List {
  if (value instanceof List) return value;
  // Go's reflection on nothing at all ends this way.
  if (value === null) throw new FunctionError('runtime error: invalid memory address or nil pointer dereference');
  throw new FunctionError(`${verb} ${kindName(value)}`);
}
