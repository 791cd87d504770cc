import { compareBytes } from '../../select/index.ts';
import type { Budget } from '../budget.ts';
import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { formatVerbs } from '../format-verbs.ts';
import { GoMap, Int, List, Struct, typeName, type Value } from '../value.ts';

/** Go's `eq ne lt le gt ge`: of basic values of one kind; an int64 equals an int, a float64 never. */
export const comparisons: FunctionTable = {
  eq: defineVariadic(['any'], 'any', ([first], more, budget) => {
    if (more.length === 0) throw new FunctionError('missing argument for comparison');
    return more.some((other) => isEqual(first, other, budget));
  }),
  ne: define(['any', 'any'], ([a, b], budget) => !isEqual(a, b, budget)),
  lt: define(['any', 'any'], ([a, b]) => isLess(a, b)),
  le: define(['any', 'any'], ([a, b], budget) => isLess(a, b) || isEqual(a, b, budget)),
  gt: define(['any', 'any'], ([a, b], budget) => !(isLess(a, b) || isEqual(a, b, budget))),
  ge: define(['any', 'any'], ([a, b]) => !isLess(a, b)),
};

type Basic = 'bool' | 'int' | 'float' | 'string' | 'none';

function basicKind(value: Value): Basic {
  if (value instanceof Int) return 'int';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float';
  return typeof value === 'boolean' ? 'bool' : 'none';
}

function isEqual(a: Value, b: Value, budget: Budget): boolean {
  if (a === null || b === null) return a === b;
  const kind = basicKind(a);
  if (kind !== basicKind(b)) throw incompatible(a, b);
  if (a instanceof Int && b instanceof Int) return a.value === b.value;
  if (kind !== 'none') return a === b;
  if (a instanceof Struct && b instanceof Struct) return isEqualStruct(a, b, budget);
  // Go prints the values with %s, whatever they are.
  const [left, right] = [a, b].map((value) => formatVerbs('%s', [value], budget));
  const isOfOneKind = (a instanceof List && b instanceof List) || (a instanceof GoMap && b instanceof GoMap);
  if (isOfOneKind) throw new FunctionError(`non-comparable type ${right}: ${typeName(b)}`);
  throw new FunctionError(`non-comparable types ${left}: ${typeName(a)}, ${typeName(b)}: ${right}`);
}

function isEqualStruct(a: Struct, b: Struct, budget: Budget): boolean {
  return a.type === b.type && a.fields.every(({ value }, index) => isEqual(value, b.fields[index]?.value ?? null, budget));
}

function isLess(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  if (kind === 'none' || basicKind(b) === 'none') throw new FunctionError('invalid type for comparison');
  if (kind !== basicKind(b)) throw incompatible(a, b);
  if (a instanceof Int && b instanceof Int) return a.value < b.value;
  if (typeof a === 'string' && typeof b === 'string') return compareBytes(a, b) < 0;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new FunctionError('invalid type for comparison');
}

function incompatible(a: Value, b: Value): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
}
