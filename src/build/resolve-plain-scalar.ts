/** What an unquoted scalar means; `unsafe` marks an integer that a JavaScript number cannot carry exactly. */
export type PlainValue =
  | { readonly value: string | number | boolean | null; readonly unsafe?: true }
  /** Infinity and not-a-number have no place in JSON. */
  | { readonly value: undefined };

const words: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const notFinite = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
const decimal = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const integers: readonly (readonly [RegExp, number])[] = [
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, 16],
  [/^([-+]?)0[oO]?([0-7]+)$/, 8],
  [/^([-+]?)0[bB]([01]+)$/, 2],
  [/^([-+]?)([1-9][0-9]*|0)$/, 10],
];

/**
 * Reads an unquoted scalar as kustomize and Flux do (go-yaml v3): `yes`, `no`, `on` and `off` are text, and so is `22:22`; `0777` and
 * `0o777` are octal, `1_000` is a number, and a date becomes an RFC 3339 text. Quoted scalars never come here.
 */
export function resolvePlainScalar(text: string): PlainValue {
  const word = words.get(text);
  if (word !== undefined) return { value: word };
  if (notFinite.test(text)) return { value: undefined };
  if (!/^[-+.0-9]/.test(text)) return { value: text };
  return { value: readTimestamp(text) ?? text, ...readNumber(text) };
}

function readNumber(text: string): { readonly value: number; readonly unsafe?: true } | null {
  // A leading dot is read without the underscores' freedom.
  const plain = text.startsWith('.') ? text : text.replaceAll('_', '');
  const integer = readInteger(plain);
  if (integer !== null && fitsSixtyFourBits(integer)) {
    const value = Number(integer);
    return Number.isSafeInteger(value) ? { value: value === 0 ? 0 : value } : { value, unsafe: true };
  }
  if (!decimal.test(plain)) return null;
  const value = Number(plain.endsWith('.') ? plain.slice(0, -1) : plain);
  return Number.isFinite(value) ? { value } : null;
}

function readInteger(text: string): bigint | null {
  for (const [pattern, base] of integers) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const prefix = base === 16 ? '0x' : base === 8 ? '0o' : base === 2 ? '0b' : '';
    const size = BigInt(`${prefix}${match[2]}`);
    return match[1] === '-' ? -size : size;
  }
  return null;
}

function fitsSixtyFourBits(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

const timestamp = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d{2}:\d{2})?)?$/;

const yaml11: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/** Reads an unquoted scalar as Flux does after substitution (go-yaml v2): `yes`, `no`, `on`, `off`, `y` and `n` are booleans, dates stay text. */
export function resolveSubstitutedScalar(text: string): PlainValue {
  const word = yaml11.get(text);
  if (word !== undefined) return { value: word };
  return isTimestamp(text) ? { value: text } : resolvePlainScalar(text);
}

/** Whether go-yaml takes an unquoted text for a time. */
export function isTimestamp(text: string): boolean {
  return readTimestamp(text) !== null;
}

/** The text that Go prints for what go-yaml takes for a time; null for everything else. */
function readTimestamp(text: string): string | null {
  const match = timestamp.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', separator, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  // With T a zone is needed, with a space there must be none.
  if ((separator === 'T' || separator === 't') !== (zone !== undefined)) return null;
  const two = (digits: string) => digits.padStart(2, '0');
  const date = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
  if (!isRealTime(date)) return null;
  const trimmed = fraction.slice(0, 10).replace(/\.?0+$/, '');
  return `${date}${trimmed}${zone === undefined || zone === '+00:00' ? 'Z' : zone}`;
}

function isRealTime(date: string): boolean {
  const instant = new Date(`${date}Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(date);
}
