import { SopsError } from './error.ts';
import { formatSpecial } from './format-scalar.ts';
import { type Branch, branchOf, entryOf, isComment, type TreeValue } from './tree.ts';

/** A built object as a tree; its order is not that of a file. */
export function treeOf(object: object): Branch {
  return branchOf(Object.entries(object).map(([key, value]) => entryOf(key, toTree(value))));
}

function toTree(value: unknown): TreeValue {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(toTree) };
  if (typeof value === 'object' && value !== null) return treeOf(value);
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number' ? value : null;
}

/** The object that a tree stands for, as Go's JSON would carry it. Throws VALUE_INVALID for numbers that JSON here cannot carry. */
export function objectOf(branch: Branch): Record<string, unknown> {
  const fields = branch.entries.filter((entry) => entry.kind === 'entry');
  return Object.fromEntries(fields.map(({ key, value }) => [key, toPlain(value, key)]));
}

function toPlain(value: TreeValue, key: string): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return toNumber(value, key);
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'branch':
      return objectOf(value);
    case 'list':
      return value.items.filter((item): item is TreeValue => !isComment(item)).map((item) => toPlain(item, key));
    case 'time':
      return value.text;
    case 'bytes':
      return value.bytes.toString('base64');
    default:
      return value.bytes.toString('utf8');
  }
}

function toNumber(value: bigint | number, key: string): number {
  const number = Number(value);
  const isExact = typeof value === 'number' || Number.isSafeInteger(number);
  if (isExact && formatSpecial(number, '', '', '') === null) return number;
  throw new SopsError('VALUE_INVALID', `the number at '${key}' cannot be carried exactly; encrypt it as text`);
}
