import { SubstituteError } from './error.ts';
import { characterAt, fromBytes, toBytes } from './expression.ts';
import { matchPrefixes } from './glob-prefixes.ts';

/** Of one value; more than a manifest may have makes no sense. */
const maxValueBytes = 16 * 1024 * 1024;

/** What an operator makes of a variable's value. All texts are bytes, one a character. */
export function applyOperator(operator: string, value: string, args: readonly string[]): string {
  const [first = '', second = ''] = args;
  switch (operator) {
    case 'length':
      return String(value.length);
    case '^':
      return mapFirst(value, toUpper);
    case '^^':
      return mapAll(value, toUpper);
    case ',':
      return mapFirst(value, toLower);
    case ',,':
      return mapAll(value, toLower);
    case ':':
      return substring(value, args);
    case '#':
      return value.slice(matchPrefixes(value, first)?.shortest ?? 0);
    case '##':
      return value.slice(matchPrefixes(value, first)?.longest ?? 0);
    case '%':
      return reversed(value, first, 'shortest');
    case '%%':
      return reversed(value, first, 'longest');
    case '/':
      return replaceFirst(value, first, second);
    case '//':
      return replaceAll(value, first, second);
    case '/#':
      return args.length === 2 && value.startsWith(first) ? second + value.slice(first.length) : value;
    case '/%':
      return args.length === 2 && value.endsWith(first) ? value.slice(0, value.length - first.length) + second : value;
    default:
      return value === '' ? args.join('') : value;
  }
}

function mapAll(bytes: string, map: (character: string) => string): string {
  return toBytes([...fromBytes(bytes)].map(map).join(''));
}

function mapFirst(bytes: string, map: (character: string) => string): string {
  if (bytes === '') return '';
  const { character, length } = characterAt(bytes, 0);
  return toBytes(map(character)) + bytes.slice(length);
}

/** One character for one, as Go maps: ß stays ß. */
function toUpper(character: string): string {
  const upper = character.toUpperCase();
  return [...upper].length === 1 ? upper : character;
}

function toLower(character: string): string {
  const [lower = character] = character.toLowerCase();
  return lower;
}

function substring(value: string, [position = '', length]: readonly string[]): string {
  const asked = parseInteger(position);
  const size = length === undefined ? undefined : parseInteger(length);
  if (asked === null || size === null) return value;
  const start = asked < 0 ? Math.max(0, value.length + asked) : asked;
  if (size === undefined) return value.slice(start);
  const end = size < 0 ? value.length + size : start + size;
  return end < start ? '' : value.slice(start, end);
}

/** As Go's Atoi: 64 bits, a sign, and nothing else around the digits. */
function parseInteger(text: string): number | null {
  if (!/^[+-]?[0-9]+$/.test(text)) return null;
  const value = Number(text);
  return Math.abs(value) < 2 ** 63 ? value : null;
}

/** Ends are starts of the value read backwards, and so is their pattern. */
function reversed(value: string, pattern: string, which: 'shortest' | 'longest'): string {
  const backwards = reverse(value);
  const found = matchPrefixes(backwards, reverse(pattern));
  return found === null ? reverse(backwards) : reverse(backwards.slice(found[which]));
}

function reverse(bytes: string): string {
  return toBytes([...fromBytes(bytes)].toReversed().join(''));
}

function replaceFirst(value: string, pattern: string, replacement: string): string {
  const at = value.indexOf(pattern);
  return at < 0 ? value : value.slice(0, at) + replacement + value.slice(at + pattern.length);
}

/** An empty pattern is found before and after each character. */
function replaceAll(value: string, pattern: string, replacement: string): string {
  const pieces = pattern === '' ? ['', ...[...fromBytes(value)].map(toBytes), ''] : value.split(pattern);
  const places = pieces.length - 1;
  if (value.length + places * replacement.length > maxValueBytes) throw tooLong(maxValueBytes);
  return pieces.join(replacement);
}

export function tooLong(maxBytes: number): SubstituteError {
  return new SubstituteError('SUBSTITUTION_LIMIT', `expressions go through more than ${maxBytes} bytes`);
}
