import { FunctionError } from '../error.ts';

/** `coefficient` × 10^`exponent`: exact, as sprig's functions on floats reckon. */
interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

export type Operation = 'add' | 'subtract' | 'multiply' | 'divide';

/** Digits behind the point of a quotient. */
const quotientDigits = 16;

/** Two float64 reckoned as the decimals that they print, so that 0.1 and 0.2 are 0.3. NaN and infinities are zero. */
export function reckon(operation: Operation, left: number, right: readonly number[]): number {
  const result = right.map(toDecimal).reduce((a, b) => bound(operate(operation, a, b)), toDecimal(left));
  return toNumber(result);
}

const tooLarge = 10n ** 2000n;

function bound(value: Decimal): Decimal {
  if (abs(value.coefficient) < tooLarge && Math.abs(value.exponent) < 2000) return value;
  throw new FunctionError('the number has too many digits');
}

function toDecimal(value: number): Decimal {
  if (!Number.isFinite(value)) return { coefficient: 0n, exponent: 0 };
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { coefficient: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function toNumber({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}

function operate(operation: Operation, a: Decimal, b: Decimal): Decimal {
  if (operation === 'multiply') return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
  if (operation === 'divide') return divide(a, b);
  const exponent = Math.min(a.exponent, b.exponent);
  const [left, right] = [scale(a, exponent), scale(b, exponent)];
  return { coefficient: operation === 'add' ? left + right : left - right, exponent };
}

function scale({ coefficient, exponent }: Decimal, target: number): bigint {
  return coefficient * 10n ** BigInt(exponent - target);
}

/** Rounded half away from zero. */
function divide(a: Decimal, b: Decimal): Decimal {
  const shift = a.exponent - b.exponent + quotientDigits;
  const numerator = a.coefficient * (shift > 0 ? 10n ** BigInt(shift) : 1n);
  const denominator = b.coefficient * (shift < 0 ? 10n ** BigInt(-shift) : 1n);
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  const isUp = 2n * abs(remainder) >= abs(denominator);
  const away = numerator < 0n === denominator < 0n ? 1n : -1n;
  return { coefficient: isUp ? quotient + away : quotient, exponent: -quotientDigits };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
