import { goQuote } from '../../select/index.ts';
import type { Budget } from '../budget.ts';
import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { formatValue } from '../format-value.ts';
import { GoMap, List, textMap, type Value } from '../value.ts';

/** Sprig's functions on texts. Where Go counts bytes, so do they. */
export const texts: FunctionTable = {
  hello: define([], () => 'Hello!'),
  trim: define(['string'], ([text]) => trimSpace(text)),
  trimAll: define(['string', 'string'], ([cutset, text]) => trimCutset(text, cutset)),
  trimall: define(['string', 'string'], ([cutset, text]) => trimCutset(text, cutset)),
  trimSuffix: define(['string', 'string'], ([suffix, text]) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  trimPrefix: define(['string', 'string'], ([prefix, text]) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  upper: define(['string'], ([text], budget) => paid(budget, [...text].map(upperOf).join(''))),
  lower: define(['string'], ([text], budget) => paid(budget, [...text].map(lowerOf).join(''))),
  repeat: define(['int', 'string'], ([count, text], budget) => {
    if (count < 0) throw new FunctionError('strings: negative Repeat count');
    budget.spend(count * text.length);
    return text.repeat(text === '' ? 0 : count);
  }),
  replace: define(['string', 'string', 'string'], ([old, replacement, text], budget) => {
    const pieces = old === '' ? [...text] : text.split(old);
    const count = old === '' ? pieces.length + 1 : pieces.length - 1;
    budget.spend(text.length + count * replacement.length);
    return old === '' ? ['', ...pieces, ''].join(replacement) : pieces.join(replacement);
  }),
  nospace: define(['string'], ([text]) => text.replace(space, '')),
  substr: define(['int', 'int', 'string'], ([start, end, text]) => sliceBytes(text, ...substrBounds(text, start, end))),
  trunc: define(['int', 'string'], ([count, text]) => truncate(text, count)),
  contains: define(['string', 'string'], ([part, text]) => text.includes(part)),
  hasPrefix: define(['string', 'string'], ([prefix, text]) => text.startsWith(prefix)),
  hasSuffix: define(['string', 'string'], ([suffix, text]) => text.endsWith(suffix)),
  quote: defineVariadic([], 'any', (_, values, budget) => quoteEach(values, budget, goQuote)),
  squote: defineVariadic([], 'any', (_, values, budget) => quoteEach(values, budget, (text) => `'${text}'`)),
  cat: defineVariadic([], 'any', (_, values, budget) =>
    values.flatMap((value) => (value === null ? [] : [formatValue(value, budget)])).join(' '),
  ),
  indent: define(['int', 'string'], ([count, text], budget) => indent(text, count, budget)),
  nindent: define(['int', 'string'], ([count, text], budget) => `\n${indent(text, count, budget)}`),
  plural: define(['string', 'string', 'int'], ([one, many, count]) => (count === 1 ? one : many)),
  toString: define(['any'], ([value], budget) => textOf(value, budget)),
  toStrings: define(['any'], ([value], budget) => new List(textsOf(value, budget), 'string')),
  join: define(['string', 'any'], ([separator, value], budget) => {
    const parts = textsOf(value, budget);
    budget.spend(separator.length * parts.length);
    return parts.join(separator);
  }),
  splitList: define(['string', 'string'], ([separator, text], budget) => new List(split(text, separator, -1, budget), 'string')),
  split: define(['string', 'string'], ([separator, text], budget) => numbered(split(text, separator, -1, budget))),
  splitn: define(['string', 'int', 'string'], ([separator, count, text], budget) =>
    numbered(split(text, separator, count, budget)),
  ),
  sortAlpha: define(['any'], ([value], budget) => {
    const items = value instanceof List ? textsOf(value, budget) : [textOf(value, budget)];
    budget.members(items.length * 4);
    return new List(sortTexts(items), 'string');
  }),
};

const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;
const spaceEnds = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

function trimSpace(text: string): string {
  const start = spaceEnds.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && spaceEnds.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(start, end);
}

function trimCutset(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const characters = [...text];
  let [start, end] = [0, characters.length];
  while (start < end && cut.has(characters[start] ?? '')) start += 1;
  while (end > start && cut.has(characters[end - 1] ?? '')) end -= 1;
  return characters.slice(start, end).join('');
}

/** Go maps each character by itself: none becomes two. */
export function upperOf(character: string): string {
  const upper = character.toUpperCase();
  return [...upper].length === 1 ? upper : character;
}

export function lowerOf(character: string): string {
  const lower = character.toLowerCase();
  return [...lower].length === 1 ? lower : (lower[0] ?? character);
}

/** The text, once its length is paid. */
export function paid(budget: Budget, text: string): string {
  budget.spend(text.length);
  return text;
}

/** Bytes of the text; a character cut in two shows as U+FFFD. */
export function sliceBytes(text: string, start: number, end: number): string {
  return Buffer.from(text).subarray(start, end).toString('utf8');
}

function truncate(text: string, count: number): string {
  const length = Buffer.byteLength(text);
  if (count < 0 && length + count > 0) return sliceBytes(text, length + count, length);
  return count >= 0 && length > count ? sliceBytes(text, 0, count) : text;
}

function substrBounds(text: string, start: number, end: number): [number, number] {
  const length = Buffer.byteLength(text);
  const [from, to] = start < 0 ? [0, end] : [start, end < 0 || end > length ? length : end];
  if (to < 0 || to > length) throw new FunctionError(`runtime error: slice bounds out of range [:${to}] with length ${length}`);
  if (from > to) throw new FunctionError(`runtime error: slice bounds out of range [${from}:${to}]`);
  return [from, to];
}

function quoteEach(values: readonly Value[], budget: Budget, quote: (text: string) => string): string {
  return values.flatMap((value) => (value === null ? [] : [paid(budget, quote(textOf(value, budget)))])).join(' ');
}

function indent(text: string, count: number, budget: Budget): string {
  if (count < 0) throw new FunctionError('strings: negative Repeat count');
  const lines = text.split('\n');
  budget.spend(text.length + count * lines.length);
  const pad = ' '.repeat(count);
  return lines.map((line) => pad + line).join('\n');
}

/** Any value as a text: what it prints. */
export function textOf(value: Value, budget: Budget): string {
  return paid(budget, typeof value === 'string' ? value : formatValue(value, budget));
}

/** The members of a list as texts, without those that are nil; another value is a list of itself. */
export function textsOf(value: Value, budget: Budget): string[] {
  if (value === null) return [];
  const items = value instanceof List ? value.items : [value];
  budget.members(items.length);
  return items.flatMap((item) => (item === null ? [] : [textOf(item, budget)]));
}

function split(text: string, separator: string, count: number, budget: Budget): string[] {
  if (count === 0) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  budget.members(parts.length);
  if (count < 0 || parts.length <= count) return parts;
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

function numbered(parts: readonly string[]): GoMap {
  return new GoMap(
    parts.map((part, index) => [`_${index}`, part] as const),
    textMap,
  );
}

function sortTexts(items: readonly string[]): string[] {
  return items
    .map((text) => ({ text, bytes: Buffer.from(text) }))
    .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ text }) => text);
}
