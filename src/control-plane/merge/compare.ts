import { isEqual, isObject } from '../json/json.ts';
import type { Schema } from '../schema/schema.ts';
import { emptyTree, type FieldTree, insertField } from './field-tree.ts';
import { absentMember, itemStep, memberOf, type Shape, shapeOf } from './shape.ts';

export interface Comparison {
  readonly added: FieldTree;
  readonly modified: FieldTree;
  readonly removed: FieldTree;
}

/** Which fields differ between two states of an object. */
export function compareObjects(schema: Schema, before: unknown, after: unknown): Comparison {
  const result: Comparison = { added: emptyTree(), modified: emptyTree(), removed: emptyTree() };
  compare(schema, before, after, [], result);
  return result;
}

function compare(schema: Schema, before: unknown, after: unknown, path: readonly string[], result: Comparison): void {
  if (before === after) return;
  const shape = shapeOf(schema, before ?? undefined, after ?? undefined);
  const isLeaf = shape.kind === 'atomic' || (isNothing(before) && isNothing(after));
  if (isLeaf) return recordLeaf(before, after, path, result);
  if (shape.kind === 'map') compareMembers(shape.schema, before, after, path, result);
  else compareItems(shape, before, after, path, result);
  if (before === undefined) insertField(result.added, path);
  else if (after === undefined) insertField(result.removed, path);
}

function recordLeaf(before: unknown, after: unknown, path: readonly string[], result: Comparison): void {
  if (before === undefined) insertField(result.added, path);
  else if (after === undefined) insertField(result.removed, path);
  else if (!isEqual(before, after)) insertField(result.modified, path);
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0)
  );
}

function compareMembers(schema: Schema, before: unknown, after: unknown, path: readonly string[], result: Comparison): void {
  const [left, right] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    // Go's zero values are there as soon as what they are part of is.
    const absent = absentMember(schema, name);
    const read = (side: unknown) => (isObject(side) ? (Object.hasOwn(side, name) ? side[name] : absent) : undefined);
    compare(memberOf(schema, name), read(before), read(after), [...path, `f:${name}`], result);
  }
}

function compareItems(
  shape: Extract<Shape, { kind: 'list' }>,
  before: unknown,
  after: unknown,
  path: readonly string[],
  result: Comparison,
): void {
  const [left, right] = [indexItems(shape, before), indexItems(shape, after)];
  for (const step of new Set([...left.keys(), ...right.keys()]))
    compare(shape.items, left.get(step), right.get(step), [...path, step], result);
}

export function indexItems(shape: Extract<Shape, { kind: 'list' }>, list: unknown): Map<string, unknown> {
  const items = Array.isArray(list) ? list : [];
  return new Map(items.map((item) => [itemStep(shape.items, shape.keys, item), item]));
}
