import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { GoMap, Int, kindName, List, Struct, typeName, type Value } from '../value.ts';
import { isDeepEqual } from './deep-equal.ts';

/** Sprig's functions that choose between values, ask what they are, and give up. */
export const defaults: FunctionTable = {
  default: defineVariadic(['any'], 'any', ([fallback], [given = null]) => (isEmpty(given) ? fallback : given)),
  empty: define(['any'], ([value]) => isEmpty(value)),
  coalesce: defineVariadic([], 'any', (_, values) => values.find((value) => !isEmpty(value)) ?? null),
  all: defineVariadic([], 'any', (_, values) => values.every((value) => !isEmpty(value))),
  any: defineVariadic([], 'any', (_, values) => values.some((value) => !isEmpty(value))),
  ternary: define(['any', 'any', 'bool'], ([yes, no, condition]) => (condition ? yes : no)),
  typeOf: define(['any'], ([value]) => typeName(value)),
  typeIs: define(['string', 'any'], ([type, value]) => typeName(value) === type),
  typeIsLike: define(['string', 'any'], ([type, value]) => [type, `*${type}`].includes(typeName(value))),
  kindOf: define(['any'], ([value]) => kindName(value)),
  kindIs: define(['string', 'any'], ([kind, value]) => kindName(value) === kind),
  deepEqual: define(['any', 'any'], ([a, b], budget) => isDeepEqual(a, b, budget)),
  fail: define(['string'], ([message]) => {
    throw new FunctionError(message);
  }),
};

/** The zero of its type, or nothing in it; a struct is never empty. */
export function isEmpty(value: Value): boolean {
  if (value instanceof Int) return value.value === 0n;
  if (value instanceof List) return value.items.length === 0;
  if (value instanceof GoMap) return value.entries.size === 0;
  if (value instanceof Struct) return false;
  return value === null || value === '' || value === 0 || value === false;
}
