import { isAlias, isCollection, isScalar, visit } from 'yaml';
import type { Splice } from './apply-edits.ts';
import { EditError } from './error.ts';
import { scalarText } from './node-text.ts';
import { type ParsedText, parseText } from './parse-text.ts';
import { isPlainText } from './plain-scalar.ts';

/** One node as any reader sees it, scalars with the place they stand at. */
export interface NodeTrace {
  readonly start: number;
  /** Everything but the value: kind, tag, anchor. */
  readonly shape: string;
  readonly value: string;
  readonly plain: boolean;
}

/**
 * Afterwards it is certain that `after` reads as `before` with exactly the values of `splices` changed, and that those read as
 * text; and that no comment changed.
 * @throws EditError BROKEN_EDIT otherwise.
 */
export function verifyEdits(file: string, before: ParsedText, after: string, splices: readonly Splice[]): void {
  const parsed = parseText(after);
  const fault = parsed.kind === 'unparsable' ? `it would not parse: ${parsed.message}` : findFault(before, parsed, splices);
  if (fault === null) return;
  throw new EditError('BROKEN_EDIT', `editing ${file}: ${fault}; the file is left as it is, edit it by hand`, { retry: 'never' });
}

function findFault(before: ParsedText, after: ParsedText, splices: readonly Splice[]): string | null {
  const old = traceNodes(before);
  const now = traceNodes(after);
  if (old.length !== now.length) return 'it would have other nodes than before';
  const wanted = new Map(splices.map(({ start, value }) => [start, value]));
  const wrong = old.findIndex((node, index) => !isIntended(node, now[index], wanted.get(node.start)));
  if (wrong >= 0) return `the value after the change would read as ${JSON.stringify(now[wrong]?.value.slice(0, 120))}`;
  const comments = ({ comments }: ParsedText) => [...comments].sort(([a], [b]) => a - b).map(([, comment]) => comment);
  return comments(before).join('\n') === comments(after).join('\n') ? null : 'a comment would change';
}

function isIntended(old: NodeTrace, now: NodeTrace | undefined, wanted: string | undefined): boolean {
  if (now === undefined || now.shape !== old.shape) return false;
  if (wanted === undefined) return now.value === old.value && now.plain === old.plain;
  const ending = /\n*$/.exec(old.value)?.[0] ?? '';
  return (now.value === wanted || now.value === wanted + ending) && (!now.plain || isPlainText(now.value));
}

/** Every node of a text, in its order. */
export function traceNodes({ documents }: ParsedText): NodeTrace[] {
  const traces: NodeTrace[] = [];
  for (const [index, document] of documents.entries()) {
    traces.push({ start: -1, shape: `document ${index}`, value: '', plain: false });
    visit(document, {
      Node(key, node) {
        const place = `${key === 'key' ? 'key ' : ''}${node.tag ?? ''}`;
        if (isAlias(node)) traces.push({ start: -1, shape: `${place} alias`, value: node.source, plain: false });
        if (isCollection(node)) {
          traces.push({
            start: -1,
            shape: `${place} ${node.constructor.name} ${node.anchor} ${node.items.length}`,
            value: '',
            plain: false,
          });
        }
        if (isScalar(node)) {
          const plain = node.type === 'PLAIN';
          traces.push({
            start: node.range?.[0] ?? -1,
            shape: `${place} scalar ${node.anchor}`,
            value: scalarText(node) ?? '',
            plain,
          });
        }
      },
    });
  }
  return traces;
}
