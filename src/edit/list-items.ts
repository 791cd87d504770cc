import { type Document, isCollection, isMap, isSeq, parseAllDocuments, stringify, type YAMLMap, type YAMLSeq } from 'yaml';
import { EditError } from './error.ts';
import { maxTextLength } from './parse-text.ts';

/** Which list of which document of a file is meant. */
export interface ListPlace {
  readonly file: string;
  /** From 0. */
  readonly document: number;
  /** Keys from the root of the document: `['spec', 'holds']`. */
  readonly path: readonly string[];
}

/**
 * The text with one more item at the end of a list, which is made if it is not there; every other character stays.
 * @throws EditError BROKEN_EDIT where the list cannot be written in place
 */
export function appendToList(text: string, place: ListPlace, item: Readonly<Record<string, unknown>>): string {
  const { list, parent, key } = findList(text, place);
  const items = list === null ? [] : (list.toJSON() as unknown[]);
  const after =
    list === null || list.items.length === 0
      ? withNewList(text, { parent, key, list, place }, item)
      : withItem(text, list, place, item);
  return verified(text, after, place, [...items, item]);
}

/** The text without the items that `isGone` takes; the list itself goes with its last item. */
export function removeFromList(text: string, place: ListPlace, isGone: (item: unknown, index: number) => boolean): string {
  const { list, parent, key } = findList(text, place);
  if (list === null) return text;
  const values = list.toJSON() as unknown[];
  const gone = values.flatMap((value, index) => (isGone(value, index) ? [index] : []));
  if (gone.length === 0) return text;
  const left = values.filter((_, index) => !gone.includes(index));
  if (isFlow(list)) throw broken(place, 'is written as [ … ]; write it as a list with dashes');
  const spans =
    left.length === 0 ? [wholeLines(text, parent, key, place)] : gone.map((index) => itemLines(text, list, index, place));
  const after = spans.toReversed().reduce((rest, [start, end]) => rest.slice(0, start) + rest.slice(end), text);
  return verified(text, after, place, left.length === 0 ? undefined : left);
}

interface Found {
  readonly list: YAMLSeq | null;
  readonly parent: YAMLMap;
  readonly key: string;
}

function findList(text: string, place: ListPlace): Found {
  const document = parse(text)[place.document];
  let parent: unknown = document?.contents;
  for (const step of place.path.slice(0, -1)) parent = isMap(parent) ? parent.get(step, true) : null;
  const key = place.path.at(-1) ?? '';
  if (!isMap(parent)) throw broken(place, 'has nothing to put it in');
  const list = parent.get(key, true);
  if (list !== undefined && !isSeq(list)) throw broken(place, 'is no list');
  return { list: list ?? null, parent, key };
}

function withItem(text: string, list: YAMLSeq, place: ListPlace, item: object): string {
  if (isFlow(list)) throw broken(place, 'is written as [ … ]; write it as a list with dashes');
  const last = list.items.length - 1;
  const [start, end] = itemLines(text, list, last, place);
  const indent = text.slice(start).match(/^ */)?.[0] ?? '';
  return insertLines(text, end, itemText(item, indent));
}

/** Behind the last line of the map that it goes into, at that map's indentation; an empty `{}` or `[]` makes room. */
function withNewList(text: string, { parent, key, list, place }: Found & { readonly place: ListPlace }, item: object): string {
  const eol = eolOf(text);
  if (list !== null) {
    const [start, end] = rangeOf(list, place);
    const indent = indentAt(text, keyStart(parent, key, place));
    const block = itemText(item, `${indent}  `).trimEnd();
    return `${text.slice(0, start).replace(/[ \t]+$/, '')}${eol}${block.replaceAll('\n', eol)}${text.slice(end)}`;
  }
  if (isFlow(parent)) throw broken(place, 'belongs to a map that is written as { … }; write that map in lines');
  const first = parent.items[0];
  if (first === undefined) throw broken(place, 'belongs to an empty map');
  const indent = ' '.repeat(columnOf(text, rangeOf(first.key, place)[0]));
  return insertLines(text, lineEnd(text, lastOffset(parent, place)), `${indent}${key}:\n${itemText(item, `${indent}  `)}`);
}

function itemText(item: object, indent: string): string {
  const lines = stringify(item, { lineWidth: 0 }).trimEnd().split('\n');
  return `${lines.map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}`).join('\n')}\n`;
}

function insertLines(text: string, at: number, lines: string): string {
  const eol = eolOf(text);
  const before = text.slice(0, at);
  const gap = before === '' || before.endsWith('\n') ? '' : eol;
  return `${before}${gap}${lines.replaceAll('\n', eol)}${text.slice(at)}`;
}

/** The whole lines of one item, from its dash to the line before the next. */
function itemLines(text: string, list: YAMLSeq, index: number, place: ListPlace): [number, number] {
  const node = list.items[index];
  const [start] = rangeOf(node, place);
  const dash = text.lastIndexOf('-', start);
  return [lineStart(text, dash), lineEnd(text, lastOffset(node, place))];
}

function wholeLines(text: string, parent: YAMLMap, key: string, place: ListPlace): [number, number] {
  const pair = parent.items.find((one) => isKey(one.key, key));
  return [lineStart(text, keyStart(parent, key, place)), lineEnd(text, lastOffset(pair?.value, place))];
}

function keyStart(parent: YAMLMap, key: string, place: ListPlace): number {
  return rangeOf(parent.items.find((one) => isKey(one.key, key))?.key, place)[0];
}

function isKey(node: unknown, key: string): boolean {
  return (node as { value?: unknown } | null)?.value === key;
}

function isFlow(node: unknown): boolean {
  return isCollection(node) && node.flow === true;
}

function rangeOf(node: unknown, place: ListPlace): readonly [number, number, number] {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  if (range === undefined || range === null) throw broken(place, 'cannot be found in the text');
  return range;
}

/** Where the value of a node ends, without the blank lines and comments behind it. */
function lastOffset(node: unknown, place: ListPlace): number {
  if (isMap(node) && node.items.length > 0 && node.flow !== true) {
    const last = node.items.at(-1);
    return last?.value === null || last?.value === undefined ? rangeOf(last?.key, place)[1] : lastOffset(last.value, place);
  }
  if (isSeq(node) && node.items.length > 0 && node.flow !== true) return lastOffset(node.items.at(-1), place);
  return rangeOf(node, place)[1];
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

function columnOf(text: string, at: number): number {
  return at - lineStart(text, at);
}

function indentAt(text: string, at: number): string {
  return ' '.repeat(columnOf(text, at));
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function parse(text: string): Document.Parsed[] {
  const documents = parseAllDocuments(text, { keepSourceTokens: false, uniqueKeys: false });
  return Array.isArray(documents) ? (documents as Document.Parsed[]) : [];
}

/** Read again, exactly this list may differ. */
function verified(before: string, after: string, place: ListPlace, items: readonly unknown[] | undefined): string {
  const [old, now] = [before, after].map((text) => parse(text).map((document) => document.toJSON() as unknown));
  const wanted = (old ?? []).map((value, index) => (index === place.document ? withList(value, place.path, items) : value));
  if (JSON.stringify(now) !== JSON.stringify(wanted))
    throw broken(place, 'cannot be changed in place without changing something else');
  return after;
}

function withList(value: unknown, [step = '', ...rest]: readonly string[], items: readonly unknown[] | undefined): unknown {
  const map = { ...(value as Record<string, unknown>) };
  if (rest.length > 0) map[step] = withList(map[step], rest, items);
  else if (items === undefined) delete map[step];
  else map[step] = items;
  return map;
}

function broken({ file, path }: ListPlace, because: string): EditError {
  return new EditError('BROKEN_EDIT', `editing ${file}: ${path.join('.')} ${because}; edit the file by hand`, { retry: 'never' });
}

/** What each document of a file says it is; fields that are no text are ''. None for a file that does not parse. */
export function identifyDocuments(text: string): { readonly kind: string; readonly namespace: string; readonly name: string }[] {
  if (text.length > maxTextLength) return [];
  return parse(text).map((document) => {
    const read = (...path: string[]) => {
      const value: unknown = document.errors.length > 0 ? undefined : document.getIn(path);
      return typeof value === 'string' ? value : '';
    };
    return { kind: read('kind'), namespace: read('metadata', 'namespace'), name: read('metadata', 'name') };
  });
}
