import { isObject, type JsonObject } from '../json/json.ts';

/**
 * A set of fields, as managedFields' FieldsV1 writes it: steps are `f:name`, `k:{"name":"web"}` or `v:"text"`.
 * A node may be in the set itself, have parts of it below, or both.
 */
export interface FieldTree {
  /** Whether the field itself is in the set. */
  owned: boolean;
  readonly children: Map<string, FieldTree>;
}

export function emptyTree(): FieldTree {
  return { owned: false, children: new Map() };
}

export function insertField(tree: FieldTree, path: readonly string[]): void {
  let node = tree;
  for (const step of path) {
    const next = node.children.get(step) ?? emptyTree();
    node.children.set(step, next);
    node = next;
  }
  node.owned = true;
}

/** Reads FieldsV1; steps of an unknown kind are kept as they are. */
export function parseFields(fields: unknown): FieldTree {
  const tree = emptyTree();
  if (!isObject(fields)) return tree;
  const names = Object.keys(fields);
  tree.owned = names.length === 0 || names.includes('.');
  for (const name of names) if (name !== '.') tree.children.set(name, parseFields(fields[name]));
  return tree;
}

/** Writes FieldsV1, steps in a fixed order. */
export function formatFields(tree: FieldTree): JsonObject {
  const formatted: JsonObject = tree.owned && tree.children.size > 0 ? { '.': {} } : {};
  for (const step of [...tree.children.keys()].sort()) formatted[step] = formatFields(tree.children.get(step) ?? emptyTree());
  return formatted;
}

export function isEmptyTree(tree: FieldTree): boolean {
  return !tree.owned && [...tree.children.values()].every(isEmptyTree);
}

type Combine = (a: boolean, b: boolean) => boolean;

function combine(a: FieldTree, b: FieldTree, keeps: Combine): FieldTree {
  const result: FieldTree = { owned: keeps(a.owned, b.owned), children: new Map() };
  for (const step of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(step) ?? nothing, b.children.get(step) ?? nothing, keeps);
    if (child.owned || child.children.size > 0) result.children.set(step, child);
  }
  return result;
}

const nothing: FieldTree = emptyTree();

export function unionOf(a: FieldTree, b: FieldTree): FieldTree {
  return combine(a, b, (left, right) => left || right);
}

export function differenceOf(a: FieldTree, b: FieldTree): FieldTree {
  return combine(a, b, (left, right) => left && !right);
}

export function intersectionOf(a: FieldTree, b: FieldTree): FieldTree {
  return combine(a, b, (left, right) => left && right);
}

/** Without the fields of `b` and everything below them. */
export function withoutBelow(a: FieldTree, b: FieldTree): FieldTree {
  if (b.owned) return emptyTree();
  const result: FieldTree = { owned: a.owned, children: new Map() };
  for (const [step, child] of a.children) {
    const other = b.children.get(step);
    const rest = other === undefined ? child : withoutBelow(child, other);
    if (rest.owned || rest.children.size > 0) result.children.set(step, rest);
  }
  return result;
}

/** Every field of the set as a path that people read: `.spec.containers[name="web"].image`. */
export function listFields(tree: FieldTree, prefix = ''): string[] {
  const own = tree.owned && prefix !== '' ? [prefix] : [];
  return [
    ...own,
    ...[...tree.children]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([step, child]) => listFields(child, prefix + describeStep(step))),
  ];
}

function describeStep(step: string): string {
  const text = step.slice(2);
  if (step.startsWith('f:')) return `.${text}`;
  if (step.startsWith('v:')) return `[=${text}]`;
  if (!step.startsWith('k:')) return `[${text}]`;
  const keys: unknown = JSON.parse(text);
  const pairs = isObject(keys) ? Object.entries(keys) : [];
  return `[${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}
