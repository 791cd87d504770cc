import { isScalar, isSeq, type Pair, parseDocument, type YAMLSeq } from 'yaml';
import { CliError } from '../error.ts';

/** Adds items, each a YAML block, to the end of a list at the top of a file; every other byte stays. The list is made where it is missing. */
export function addListItems(text: string, key: string, items: readonly string[]): string {
  if (items.length === 0) return text;
  const pair = pairOf(text, key);
  const written = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  if (pair === null) return `${written}${key}:\n${items.map((item) => indentItem(item, '  ')).join('')}`;
  const list = listOf(pair, key);
  const last = list.items.at(-1);
  if (last === undefined) {
    const start = startOfLine(text, offsetOf(pair.key));
    const end = endOfLine(written, offsetOf(pair.key));
    return `${written.slice(0, start)}${key}:\n${items.map((item) => indentItem(item, '  ')).join('')}${written.slice(end)}`;
  }
  const first = startOfLine(written, offsetOf(list.items[0]));
  const indent = /^ */.exec(written.slice(first))?.[0] ?? '';
  const end = endOfItem(written, last);
  return written.slice(0, end) + items.map((item) => indentItem(item, indent)).join('') + written.slice(end);
}

/** Takes items out of a list at the top of a file, and the list with its last one; every other byte stays. */
export function removeListItems(text: string, key: string, isGone: (item: unknown) => boolean): string {
  const pair = pairOf(text, key);
  if (pair === null) return text;
  const list = listOf(pair, key);
  const going = list.items.filter((item) => isGone(plainValue(item)));
  if (going.length === 0) return text;
  if (going.length === list.items.length) {
    const start = startOfLine(text, offsetOf(pair.key));
    return text.slice(0, start) + text.slice(endOfItem(text, list.items.at(-1)));
  }
  return going
    .toReversed()
    .reduce((rest: string, item) => rest.slice(0, startOfLine(text, offsetOf(item))) + rest.slice(endOfItem(text, item)), text);
}

/** The items of a list at the top of a file. */
export function readListItems(text: string, key: string): unknown[] {
  const pair = pairOf(text, key);
  return pair === null ? [] : listOf(pair, key).items.map(plainValue);
}

function pairOf(text: string, key: string): Pair | null {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new CliError('USAGE', `kustomization.yaml does not parse: ${error.message}`);
  const contents = document.contents as { items?: Pair[] } | null;
  return contents?.items?.find((pair) => isScalar(pair.key) && pair.key.value === key) ?? null;
}

function listOf({ value }: Pair, key: string): Pick<YAMLSeq, 'items'> {
  if (value === null || (isScalar(value) && value.value === null)) return { items: [] };
  if (isSeq(value) && (value.flow !== true || value.items.length === 0)) return value;
  throw new CliError('USAGE', `kustomization.yaml: write ${key} as a list with one item a line, then run this again`);
}

function plainValue(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'toJSON' in item && typeof item.toJSON === 'function'
    ? item.toJSON()
    : item;
}

function rangeOf(node: unknown): readonly [number, number, number] {
  const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
  if (range === undefined || range === null) throw new CliError('USAGE', 'kustomization.yaml has a list that cannot be edited');
  return range;
}

function offsetOf(node: unknown): number {
  return rangeOf(node)[0];
}

function startOfLine(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function endOfLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found < 0 ? text.length : found + 1;
}

/** Behind the line break that ends the item: a block scalar's value has it within. */
function endOfItem(text: string, node: unknown): number {
  const end = rangeOf(node)[1];
  return text[end - 1] === '\n' ? end : endOfLine(text, end);
}

function indentItem(item: string, indent: string): string {
  const [first = '', ...rest] = item.trimEnd().split('\n');
  return [`${indent}- ${first}`, ...rest.map((line) => (line === '' ? '' : `${indent}  ${line}`))].join('\n').concat('\n');
}
