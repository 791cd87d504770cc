import { define, defineVariadic, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { parseWhole } from '../literals.ts';
import { Int, type Value } from '../value.ts';
import { reckon } from './decimal.ts';

/** Sprig's arithmetic: whole numbers are int64 and wrap, those that end in `f` are float64. */
export const numbers: FunctionTable = {
  int: define(['any'], ([value]) => new Int(toWhole(value))),
  int64: define(['any'], ([value]) => new Int(toWhole(value), 'int64')),
  float64: define(['any'], ([value]) => toFloat(value)),
  atoi: define(['string'], ([text]) => new Int(/^[+-]?[0-9]{1,40}$/.test(text) ? clamp(BigInt(text.replace('+', ''))) : 0n)),
  toDecimal: define(['any'], ([value]) => new Int(octal(value), 'int64')),
  add1: define(['any'], ([value]) => int64(toWhole(value) + 1n)),
  add: defineVariadic([], 'any', (_, values) => int64(values.reduce((sum: bigint, value) => sum + toWhole(value), 0n))),
  sub: define(['any', 'any'], ([a, b]) => int64(toWhole(a) - toWhole(b))),
  mul: defineVariadic(['any'], 'any', ([first], more) =>
    int64(more.reduce((product: bigint, value) => BigInt.asIntN(64, product * toWhole(value)), toWhole(first))),
  ),
  div: define(['any', 'any'], ([a, b]) => int64(toWhole(a) / divisor(b))),
  mod: define(['any', 'any'], ([a, b]) => int64(toWhole(a) % divisor(b))),
  max: defineVariadic(['any'], 'any', ([first], more) => int64([first, ...more].map(toWhole).reduce((a, b) => (b > a ? b : a)))),
  biggest: defineVariadic(['any'], 'any', ([first], more) =>
    int64([first, ...more].map(toWhole).reduce((a, b) => (b > a ? b : a))),
  ),
  min: defineVariadic(['any'], 'any', ([first], more) => int64([first, ...more].map(toWhole).reduce((a, b) => (b < a ? b : a)))),
  maxf: defineVariadic(['any'], 'any', ([first], more) => [first, ...more].map(toFloat).reduce((a, b) => Math.max(a, b))),
  minf: defineVariadic(['any'], 'any', ([first], more) => [first, ...more].map(toFloat).reduce((a, b) => Math.min(a, b))),
  add1f: define(['any'], ([value]) => reckon('add', toFloat(value), [1])),
  addf: defineVariadic([], 'any', (_, values) => reckon('add', 0, values.map(toFloat))),
  subf: defineVariadic(['any'], 'any', ([first], more) => reckon('subtract', toFloat(first), more.map(toFloat))),
  mulf: defineVariadic(['any'], 'any', ([first], more) => reckon('multiply', toFloat(first), more.map(toFloat))),
  divf: defineVariadic(['any'], 'any', ([first], more) => {
    if (more.some((value) => toFloat(value) === 0)) throw new FunctionError('decimal division by 0');
    return reckon('divide', toFloat(first), more.map(toFloat));
  }),
  ceil: define(['any'], ([value]) => Math.ceil(toFloat(value))),
  floor: define(['any'], ([value]) => Math.floor(toFloat(value))),
  round: defineVariadic(['any', 'int'], 'float64', ([value, places], [roundOn = 0.5]) =>
    roundTo(toFloat(value), places, roundOn),
  ),
};

function int64(value: bigint): Int {
  return new Int(value, 'int64');
}

const maxInt64 = 2n ** 63n - 1n;

function clamp(value: bigint): bigint {
  if (value > maxInt64) return maxInt64;
  return value < -maxInt64 - 1n ? -maxInt64 - 1n : value;
}

/** A value as a whole number; what is none is 0. */
export function toWhole(value: Value): bigint {
  if (value instanceof Int) return BigInt.asIntN(64, value.value);
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt.asIntN(64, clamp(BigInt(Math.trunc(value)))) : -maxInt64 - 1n;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'string' ? (parseWhole(value.replace(/\.0+$/, '')) ?? 0n) : 0n;
}

function toFloat(value: Value): number {
  if (value instanceof Int) return Number(value.value);
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value) ? Number(value) : 0;
}

function octal(value: Value): bigint {
  const text = value instanceof Int ? String(value.value) : typeof value === 'string' ? value : '';
  const match = /^([+-]?)([0-7]{1,40})$/.exec(text);
  const digits = match === null ? 0n : BigInt(`0o${match[2]}`);
  if (digits > maxInt64) return 0n;
  return match?.[1] === '-' ? -digits : digits;
}

function divisor(value: Value): bigint {
  const whole = toWhole(value);
  if (whole === 0n) throw new FunctionError('runtime error: integer divide by zero');
  return whole;
}

function roundTo(value: number, places: number, roundOn: number): number {
  const power = 10 ** places;
  const digit = power * value;
  const fraction = digit - Math.trunc(digit);
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power;
}
