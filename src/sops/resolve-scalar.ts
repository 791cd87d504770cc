import { formatTime } from './format-scalar.ts';
import type { Leaf } from './tree.ts';

const words: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Infinity] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, -Infinity] as const),
]);
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integers: readonly (readonly [RegExp, string])[] = [
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, '0x'],
  [/^([-+]?)0[bB]([01]+)$/, '0b'],
  [/^([-+]?)0[oO]?([0-7]+)$/, '0o'],
  [/^([-+]?)([1-9][0-9]*|0)$/, ''],
];

/** What an unquoted YAML scalar is to sops (go-yaml v3), with the types that its MAC tells apart. */
export function resolveScalar(text: string): Leaf | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  return readTime(text) ?? readInteger(text.replaceAll('_', '')) ?? readFloat(text) ?? text;
}

function readInteger(text: string): bigint | null {
  for (const [pattern, prefix] of integers) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const size = BigInt(`${prefix}${match[2]}`);
    const value = match[1] === '-' ? -size : size;
    return BigInt.asIntN(64, value) === value ? value : null;
  }
  return null;
}

function readFloat(text: string): number | null {
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  if (!float.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

const timestamp = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d{2}:\d{2})?)?$/;

function readTime(text: string): Leaf | null {
  const match = timestamp.exec(text);
  if (match === null) return null;
  const [, year, month = '', day = '', separator = ' ', hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  // With T a zone is needed, with a space there must be none.
  if ((separator !== ' ') !== (zone !== undefined)) return null;
  const [date, clock] = [
    [month, day],
    [hour, minute, second],
  ].map((parts) => parts.map((part) => part.padStart(2, '0')));
  const time = `${year}-${date?.join('-')}T${clock?.join(':')}`;
  if (!isRealTime(time)) return null;
  const formatted = formatTime(`${time}${fraction}${zone ?? 'Z'}`);
  return formatted === null ? null : { kind: 'time', text: formatted };
}

function isRealTime(time: string): boolean {
  const instant = new Date(`${time}Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(time);
}
