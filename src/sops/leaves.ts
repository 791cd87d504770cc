import { bytesOf } from './format-scalar.ts';
import { type Branch, isComment, type TreeValue } from './tree.ts';

/** Every text and number in documents: what must not be told where they were secret. */
export function textsOf(branches: readonly Branch[]): string[] {
  return branches.flatMap(({ entries }) => {
    const isObject = named.every((name) => entries.some((entry) => entry.kind === 'entry' && entry.key === name));
    const told = isObject ? entries.filter((entry) => entry.kind === 'comment' || !named.includes(entry.key)) : entries;
    return told.flatMap((entry) => (entry.kind === 'comment' ? [entry.text] : textsOfValue(entry.value)));
  });
}

/** What names a Kubernetes object is no secret, even where the whole file was encrypted: without it no message would be understood. */
const named: readonly string[] = ['apiVersion', 'kind', 'metadata'];

function textsOfValue(value: TreeValue): string[] {
  if (value === null || typeof value === 'boolean') return [];
  if (typeof value === 'object' && value.kind === 'branch') return textsOf([value]);
  if (typeof value === 'object' && value.kind === 'list')
    return value.items.flatMap((item) => (isComment(item) ? [item.text] : textsOfValue(item)));
  return [bytesOf(value).toString('utf8')];
}
