import type { Budget } from '../budget.ts';
import { GoMap, Int, List, Struct, typeName, type Value } from '../value.ts';

/** As Go's reflect.DeepEqual: the types must be the same, an int64 is no int. */
export function isDeepEqual(a: Value, b: Value, budget: Budget): boolean {
  budget.step();
  if (a === b) return true;
  if (a === null || b === null || typeName(a) !== typeName(b)) return false;
  if (a instanceof Int && b instanceof Int) return a.value === b.value;
  if (a instanceof List && b instanceof List) return isEqualList(a.items, b.items, budget);
  if (a instanceof GoMap && b instanceof GoMap) return isEqualMap(a, b, budget);
  if (!(a instanceof Struct) || !(b instanceof Struct)) return false;
  return isEqualList(
    a.fields.map(({ value }) => value),
    b.fields.map(({ value }) => value),
    budget,
  );
}

function isEqualList(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  return a.length === b.length && a.every((item, index) => isDeepEqual(item, b[index] ?? null, budget));
}

function isEqualMap(a: GoMap, b: GoMap, budget: Budget): boolean {
  if (a.entries.size !== b.entries.size) return false;
  budget.members(a.entries.size);
  return [...a.entries].every(([key, [, value]]) => {
    const other = b.entries.get(key);
    return other !== undefined && isDeepEqual(value, other[1], budget);
  });
}
