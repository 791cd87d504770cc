import { isYamlPrintable } from '../core/index.ts';
import { isTimestamp, resolvePlainScalar } from './resolve-plain-scalar.ts';

const yaml11Booleans: ReadonlySet<string> = new Set(
  ['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false'].flatMap((word) => [word, word.toUpperCase(), capitalise(word)]),
);
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal';

/** How go-yaml v2 writes a text as a block value, or as a key, where a literal has no place. */
export function chooseStyle(text: string, isKey: boolean): ScalarStyle {
  const { plain, single, literal } = analyse(text);
  if (text.includes('\n')) return literal && !isKey ? 'literal' : 'double';
  if (!meansText(text)) return 'double';
  if (plain && !(text === '' && isKey)) return 'plain';
  return single ? 'single' : 'double';
}

/** False when the text without quotes would be read as something else (YAML 1.1's booleans and base 60 included). */
function meansText(text: string): boolean {
  if (yaml11Booleans.has(text) || base60.test(text) || isTimestamp(text)) return false;
  return typeof resolvePlainScalar(text).value === 'string';
}

interface Allowed {
  readonly plain: boolean;
  readonly single: boolean;
  readonly literal: boolean;
}

/** libyaml's analysis of a scalar, for block context. */
function analyse(text: string): Allowed {
  if (text === '') return { plain: true, single: true, literal: false };
  const special = [...text].some((character) => !isYamlPrintable(character));
  const spaceBreak = / [\n\r]/.test(text);
  const breakSpace = /[\n\r] /.test(text);
  const ends = /^[ \n\r]|[ \n\r]$/.test(text);
  const plain = !special && !ends && !/[\n\r]/.test(text) && !hasBlockIndicators(text);
  return {
    plain,
    single: !special && !spaceBreak && !breakSpace,
    literal: !special && !spaceBreak && !text.endsWith(' '),
  };
}

function hasBlockIndicators(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true;
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[?:-]([ \t\n\r]|$)/.test(text)) return true;
  return /:([ \t\n\r]|$)/.test(text.slice(1)) || /[ \t\n\r]#/.test(text);
}

function capitalise(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
