import type { Leaf } from './tree.ts';

/** What the MAC is made of. */
export function bytesOf(leaf: Leaf): Buffer {
  switch (typeof leaf) {
    case 'string':
      return Buffer.from(leaf);
    case 'boolean':
      return Buffer.from(leaf ? 'True' : 'False');
    case 'bigint':
      return Buffer.from(leaf.toString());
    case 'number':
      return Buffer.from(formatFixed(leaf));
    default:
      return leaf.kind === 'time' ? Buffer.from(leaf.text) : leaf.bytes;
  }
}

/** Go's `%f` with as many digits as the number needs. */
export function formatFixed(value: number): string {
  const special = formatSpecial(value, 'NaN', '+Inf', '-Inf');
  if (special !== null) return special;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [digits = '', power = '0'] = Math.abs(value).toExponential().split('e');
  return `${sign}${shift(digits.replace('.', ''), Number(power) + 1)}`;
}

/** Go's `%g` with as many digits as the number needs: exponents below -4 and from `limit` on. */
export function formatGeneral(value: number, limit = 6): string {
  const special = formatSpecial(value, 'NaN', '+Inf', '-Inf');
  if (special !== null) return special;
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < limit) return formatFixed(value);
  const zero = Object.is(value, -0) ? '-' : '';
  return `${zero}${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

export function formatSpecial(value: number, nan: string, positive: string, negative: string): string | null {
  if (Number.isNaN(value)) return nan;
  if (Number.isFinite(value)) return null;
  return value > 0 ? positive : negative;
}

function shift(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`.replace(/^0\.0*$/, '0');
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** An RFC 3339 time as Go prints it again: no trailing zeros, and Z for no offset. Null where it is none. */
export function formatTime(text: string): string | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (match === null || Number.isNaN(Date.parse(`${match[1]}Z`))) return null;
  const fraction = (match[2] ?? '').slice(0, 10).replace(/\.?0+$/, '');
  const zone = match[3] === 'z' || match[3] === '+00:00' ? 'Z' : (match[3] ?? 'Z');
  return `${(match[1] ?? '').toUpperCase()}${fraction}${zone}`;
}

/** A value in a line of its own (dotenv, INI), as sops prints it. */
export function formatLine(leaf: Leaf | null): Buffer {
  if (leaf === null) return Buffer.from('<nil>');
  if (typeof leaf === 'number') return Buffer.from(formatLineNumber(leaf));
  if (typeof leaf === 'object') {
    if (leaf.kind === 'time') return Buffer.from(leaf.text.replace(/\.\d+/, ''));
    return leaf.kind === 'bytes' ? Buffer.from(`[${[...leaf.bytes].join(' ')}]`) : leaf.bytes;
  }
  return Buffer.from(String(leaf));
}

/** Never to be mistaken for an integer. */
function formatLineNumber(value: number): string {
  const text = formatGeneral(value).replace('e', 'E');
  return /[.EN]|Inf/.test(text) ? text : `${formatFixed(value)}.0`;
}
