import { escapeYamlCharacter, isYamlPrintable } from '../core/index.ts';
import { formatGeneral, formatSpecial } from './format-scalar.ts';
import { resolveScalar } from './resolve-scalar.ts';
import type { Leaf } from './tree.ts';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

export interface ScalarText {
  readonly tag: string;
  readonly text: string;
  readonly style: ScalarStyle;
}

/** A value as go-yaml v3 prints it. */
export function formatScalar(value: Leaf | null): ScalarText {
  if (typeof value === 'string') return formatText(value);
  if (typeof value === 'object' && value !== null && value.kind !== 'time') return formatBytes(value.bytes);
  return { tag: '', text: plainText(value), style: 'plain' };
}

/** A text as a value or a key; go-yaml takes `<<` for a merge wherever it stands. */
export function formatText(text: string): ScalarText {
  return { tag: text === '<<' ? '!!merge' : '', text, style: chooseStyle(text) };
}

function plainText(value: Exclude<Leaf, string> | null): string {
  if (typeof value === 'number') return formatSpecial(value, '.nan', '.inf', '-.inf') ?? formatGeneral(value);
  if (typeof value === 'object' && value !== null) return value.kind === 'time' ? value.text : '';
  return String(value);
}

/** In lines of 70 characters once it is longer. */
function formatBytes(bytes: Buffer): ScalarText {
  const text = bytes.toString('base64');
  const lines = text.match(/.{1,70}/g) ?? [''];
  const isLong = Math.floor(text.length / 70) + 1 > 1;
  return {
    tag: '!!binary',
    text: isLong ? lines.map((line) => `${line}\n`).join('') : text,
    style: isLong ? 'literal' : 'plain',
  };
}

const yaml11Booleans = new Set(
  ['y', 'n', 'yes', 'no', 'on', 'off'].flatMap((word) => [word, word.toUpperCase(), capitalise(word)]),
);
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** How go-yaml v3 writes a text in a block collection. */
export function chooseStyle(text: string): ScalarStyle {
  const allowed = analyse(text);
  if (text.includes('\n')) return allowed.literal ? 'literal' : 'double';
  if (!meansText(text)) return 'double';
  if (allowed.plain) return 'plain';
  return allowed.single ? 'single' : 'double';
}

function meansText(text: string): boolean {
  return !yaml11Booleans.has(text) && !base60.test(text) && typeof resolveScalar(text) === 'string';
}

function analyse(text: string): { readonly plain: boolean; readonly single: boolean; readonly literal: boolean } {
  const special = [...text].some((character) => character !== '\t' && !isYamlPrintable(character));
  const broken = /[\r\u0085\u2028\u2029]/.test(text);
  const spaceBreak = / \n/.test(text);
  const ends = /^[ \n]|[ \n]$/.test(text);
  const tabs = text.includes('\t');
  return {
    plain: !special && !broken && !tabs && !ends && !text.includes('\n') && !hasIndicators(text),
    single: !special && !broken && !tabs && !spaceBreak && !/\n /.test(text),
    literal: !special && !broken && !spaceBreak && !text.endsWith(' '),
  };
}

function hasIndicators(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[?:-]([ \t]|$)/.test(text)) return true;
  return /:([ \t]|$)/.test(text.slice(1)) || /[ \t]#/.test(text);
}

/** A text in one line, in its style. */
export function escapeText(text: string, style: ScalarStyle): string {
  if (style === 'single') return `'${text.replaceAll("'", "''")}'`;
  return style === 'double' ? `"${[...text].map(escapeYamlCharacter).join('')}"` : text;
}

function capitalise(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
