import { isObject, type JsonObject, setMember } from '../json/json.ts';
import type { Schema } from '../schema/schema.ts';
import { indexItems } from './compare.ts';
import { emptyTree, type FieldTree } from './field-tree.ts';
import { itemStep, memberOf, type Shape, shapeOf } from './shape.ts';

/** The live value with the applied one merged in, by the schema. */
export function mergeValues(given: Schema, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null || applied === null) return applied;
  const shape = shapeOf(given, live, applied);
  if (shape.kind === 'atomic') return applied;
  return shape.kind === 'map' ? mergeMembers(shape.schema, live, applied) : mergeItems(shape, live, applied);
}

function mergeMembers(schema: Schema, live: unknown, applied: unknown): unknown {
  if (!isObject(live) || !isObject(applied)) return applied;
  const merged: JsonObject = { ...live };
  for (const [name, value] of Object.entries(applied))
    setMember(merged, name, mergeValues(memberOf(schema, name), Object.hasOwn(live, name) ? live[name] : undefined, value));
  return merged;
}

/** Applied items stand in their own order; items that are live alone stay behind the item that they followed. */
function mergeItems(shape: Extract<Shape, { kind: 'list' }>, live: unknown, applied: unknown): unknown[] {
  const [old, wanted] = [indexItems(shape, live), indexItems(shape, applied)];
  const merged: unknown[] = [];
  const liveSteps = [...old.keys()];
  let position = 0;
  const takeUnclaimed = () => {
    for (; position < liveSteps.length && !wanted.has(liveSteps[position] ?? ''); position += 1)
      merged.push(old.get(liveSteps[position] ?? ''));
  };
  for (const [step, item] of wanted) {
    if (!old.has(step)) {
      if (noneLeftShared(liveSteps, position, wanted)) takeUnclaimed();
      merged.push(item);
      continue;
    }
    takeUnclaimed();
    merged.push(shape.keys === null ? item : mergeValues(shape.items, old.get(step), item));
    if (liveSteps[position] === step) position += 1;
    else liveSteps.splice(liveSteps.indexOf(step, position), liveSteps.indexOf(step, position) >= 0 ? 1 : 0);
  }
  takeUnclaimed();
  return merged;
}

function noneLeftShared(steps: readonly string[], from: number, wanted: ReadonlyMap<string, unknown>): boolean {
  return !steps.slice(from).some((step) => wanted.has(step));
}

/** The value without the fields of the set. What is emptied by that becomes null. */
export function removeFields(given: Schema, value: unknown, tree: FieldTree): unknown {
  const shape = shapeOf(given, value);
  if (shape.kind === 'list' && Array.isArray(value)) {
    const rest = value.flatMap((item) => {
      const child = tree.children.get(itemStep(shape.items, shape.keys, item)) ?? emptyTree();
      return child.owned ? [] : [child.children.size > 0 ? removeFields(shape.items, item, child) : item];
    });
    return rest.length > 0 || value.length === 0 ? rest : null;
  }
  if (shape.kind !== 'map' || !isObject(value)) return value;
  const rest: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const child = tree.children.get(`f:${name}`) ?? emptyTree();
    if (!child.owned)
      setMember(rest, name, child.children.size > 0 ? removeFields(memberOf(shape.schema, name), member, child) : member);
  }
  return Object.keys(rest).length > 0 || Object.keys(value).length === 0 ? rest : null;
}
