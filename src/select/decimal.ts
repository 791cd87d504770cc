/** A decimal of any length: 0.DIGITS times ten to the power of `exponent`. Zero has no digits. */
export interface Decimal {
  readonly sign: 1 | -1;
  /** Without zeros at either end. */
  readonly digits: string;
  readonly exponent: number;
}

const run = '[0-9]+(?:_[0-9]+)*';
const grammar = new RegExp(`^([+-]?)(?:(${run})(?:\\.(${run})?)?|\\.(${run}))(?:[eE]([+-]?${run}))?$`);

/**
 * Reads a decimal, exactly: sign, fraction, exponent and `_` between digits, as Go's ParseFloat takes them. Infinities, NaN,
 * hexadecimal numbers, and powers of ten beyond a 64-bit float are none (`12e4567` is a hash more often than a number).
 */
export function parseDecimal(text: string): Decimal | null {
  const match = grammar.exec(text);
  if (!match) return null;
  const [whole, fraction, power] = [match[2] ?? '', match[3] ?? match[4] ?? '', match[5] ?? '0'].map((part) =>
    part.replaceAll('_', ''),
  );
  const written = `${whole}${fraction}`;
  const significant = written.replace(/^0+/, '');
  const digits = trimEndZeros(significant);
  if (digits === '') return { sign: 1, digits: '', exponent: 0 };
  const exponent = (whole ?? '').length - (written.length - significant.length) + clampPower(power ?? '0');
  if (match[5] !== undefined && exponent > 308) return null;
  return { sign: match[1] === '-' ? -1 : 1, digits, exponent };
}

function trimEndZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** Powers past any that is told apart here, so that the sum stays an exact number. */
function clampPower(power: string): number {
  return Math.max(-1e15, Math.min(1e15, Number(power)));
}

/** Exact: negative, 0 or positive. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0) return signs;
  const magnitude = a.exponent - b.exponent || (a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0);
  return magnitude * a.sign;
}

function signOf({ digits, sign }: Decimal): number {
  return digits === '' ? 0 : sign;
}
