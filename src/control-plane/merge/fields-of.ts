import { isObject } from '../json/json.ts';
import { isDeclared, type Schema } from '../schema/schema.ts';
import { emptyTree, type FieldTree, insertField } from './field-tree.ts';
import { itemStep, memberOf, shapeOf } from './shape.ts';

/** The fields that an applied object sets: its leaves, the items of its lists, and the members of its open maps. */
export function fieldsOf(schema: Schema, value: unknown): FieldTree {
  const tree = emptyTree();
  collect(schema, value, [], tree);
  return tree;
}

function collect(given: Schema, value: unknown, path: readonly string[], tree: FieldTree): void {
  const shape = shapeOf(given, value);
  if (shape.kind === 'atomic') return insertField(tree, path);
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return;
    for (const item of value) {
      const at = [...path, itemStep(shape.items, shape.keys, item)];
      if (shape.keys !== null) collect(shape.items, item, at, tree);
      insertField(tree, at);
    }
    return;
  }
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, `f:${name}`];
    collect(memberOf(shape.schema, name), member, at, tree);
    const isEmpty = member === null || (isObject(member) && Object.keys(member).length === 0);
    if (isEmpty || !isDeclared(shape.schema, name)) insertField(tree, at);
  }
}

/** With every declared member that has something below it in the set: taking a struct's last field takes the struct. */
export function withNamedParents(given: Schema, value: unknown, tree: FieldTree): FieldTree {
  const shape = shapeOf(given, value);
  const result: FieldTree = { owned: tree.owned, children: new Map() };
  for (const [step, child] of tree.children) {
    const { schema, member } = stepInto(shape, value, step);
    const inner = withNamedParents(schema, member, child);
    const isNamed = step.startsWith('f:') && shape.kind === 'map' && isDeclared(shape.schema, step.slice(2));
    result.children.set(step, { owned: inner.owned || isNamed, children: inner.children });
  }
  return result;
}

function stepInto(shape: ReturnType<typeof shapeOf>, value: unknown, step: string): { schema: Schema; member: unknown } {
  if (shape.kind === 'map') {
    const name = step.slice(2);
    return { schema: memberOf(shape.schema, name), member: isObject(value) ? value[name] : undefined };
  }
  if (shape.kind !== 'list' || !Array.isArray(value)) return { schema: {}, member: undefined };
  return { schema: shape.items, member: value.find((item) => itemStep(shape.items, shape.keys, item) === step) };
}
