import { goQuote } from '../select/index.ts';

export interface NumberValue {
  readonly whole: bigint | null;
  readonly float: number;
}

const escapes: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
  ["'", 39],
  ['"', 34],
]);

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\'"]))/y;

/** The text of a quoted Go string or raw string, or null where an escape is none. `\x` and octal escapes are bytes. */
export function unquote(quoted: string): string | null {
  if (quoted.startsWith('`')) return quoted.slice(1, -1).replaceAll('\r', '');
  const quote = quoted[0] ?? '"';
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  const bytes: Buffer[] = [];
  let at = 0;
  while (at < inner.length) {
    const stop = inner.indexOf('\\', at);
    bytes.push(Buffer.from(inner.slice(at, stop < 0 ? inner.length : stop)));
    if (stop < 0) break;
    const piece = readEscape(inner, stop, quote);
    if (piece === null) return null;
    bytes.push(piece.bytes);
    at = stop + piece.length;
  }
  return Buffer.concat(bytes).toString('utf8');
}

function readEscape(text: string, at: number, quote: string): { bytes: Buffer; length: number } | null {
  escapePattern.lastIndex = at;
  const match = escapePattern.exec(text);
  if (match === null) return null;
  const [whole, hex, octal, short, long, named] = match;
  const length = whole.length;
  if (hex !== undefined) return { bytes: Buffer.from([Number.parseInt(hex, 16)]), length };
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8);
    return value > 255 ? null : { bytes: Buffer.from([value]), length };
  }
  if (named !== undefined) {
    // Each kind of literal may escape its own quote only.
    const isOtherQuote = (named === '"' || named === "'") && named !== quote;
    return isOtherQuote ? null : { bytes: Buffer.from([escapes.get(named) ?? 0]), length };
  }
  const code = Number.parseInt(short ?? long ?? '', 16);
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return isCharacter ? { bytes: Buffer.from(String.fromCodePoint(code)), length } : null;
}

const wholePattern = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0_?[0-7_]*|[1-9][0-9_]*)$/;
const floatPattern = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const underscores = /^[+-]?(?:0[xXoObB]?_?)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*$/;
const maxInt = 2n ** 63n;

/** A whole number as Go's ParseInt(text, 0, 64) reads it, or null. */
export function parseWhole(text: string): bigint | null {
  const value = parseUnbounded(text);
  return value === null || value >= maxInt || value < -maxInt ? null : value;
}

function parseUnbounded(text: string): bigint | null {
  const match = text.length > 100 ? null : wholePattern.exec(text);
  if (match === null || (text.includes('_') && !underscores.test(text))) return null;
  const digits = (match[2] ?? '').replaceAll('_', '');
  // A leading zero alone means octal, as in C.
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return match[1] === '-' ? -value : value;
}

/** A number of a template; a text says what is wrong with it, in Go's words. */
export function parseNumber(text: string): NumberValue | string {
  const unbounded = parseUnbounded(text);
  if (unbounded !== null) {
    if (unbounded < -maxInt || unbounded >= 2n * maxInt) return `integer overflow: ${goQuote(text)}`;
    return { whole: unbounded < maxInt ? unbounded : null, float: Number(unbounded) };
  }
  const float = floatPattern.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(float)) return `illegal number syntax: ${goQuote(text)}`;
  if (!/[.eE]/.test(text)) return `integer overflow: ${goQuote(text)}`;
  return { whole: Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : null, float };
}

/** The character of a constant in single quotes as its code; a text says what is wrong with it. */
export function parseCharacter(quoted: string): NumberValue | string {
  if (quoted === "''") return 'invalid syntax';
  // One byte by escape is a character of its own, not a piece of UTF-8.
  const byte = /^'\\(?:x([0-9a-fA-F]{2})|([0-7]{3}))'$/.exec(quoted);
  if (byte !== null) return numberOf(Number.parseInt(byte[1] ?? byte[2] ?? '', byte[1] === undefined ? 8 : 16));
  const text = unquote(quoted);
  if (text === null) return 'invalid syntax';
  const [character, ...more] = text;
  return more.length > 0 ? `malformed character constant: ${quoted}` : numberOf(character?.codePointAt(0) ?? 0);
}

function numberOf(code: number): NumberValue {
  return { whole: BigInt(code), float: code };
}
