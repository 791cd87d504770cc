/** A float64 as Go's `%e`, `%f` and `%g` write it; without a precision, the shortest text that reads back the same. */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number | null = null): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const absolute = Math.abs(value);
  if (verb === 'e') return sign + withExponent(precision === null ? absolute.toExponential() : rounded(absolute, precision));
  if (verb === 'f') return sign + (precision === null ? plain(absolute) : fixed(absolute, precision));
  return sign + general(absolute, precision);
}

/** Go writes at least two digits of exponent. */
function withExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function general(value: number, precision: number | null): string {
  const digits = precision === null ? value.toExponential() : rounded(value, Math.max(precision, 1) - 1);
  const [mantissa = '', exponentText = '0'] = digits.split('e');
  const exponent = Number(exponentText);
  const short = precision === null ? mantissa : trimZeros(mantissa);
  const limit = precision === null ? 6 : Math.max(precision, 1);
  if (exponent < -4 || exponent >= limit) return withExponent(`${short}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`);
  return shift(short.replace('.', ''), exponent);
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Digits with the point after the first one moved by `exponent`. */
function shift(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const rest = digits.slice(exponent + 1);
  return rest === '' ? whole : `${whole}.${rest}`;
}

function plain(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return shift(mantissa.replace('.', ''), Number(exponent));
}

/** toFixed gives up above 1e21, where a float64 is whole anyway. */
function fixed(value: number, precision: number): string {
  const digits = Math.min(precision, 100);
  if (value < 1e21) return isTie(value.toFixed(100), digits) ? downToEven(value.toFixed(digits), value) : value.toFixed(digits);
  return digits === 0 ? BigInt(value).toString() : `${BigInt(value)}.${'0'.repeat(digits)}`;
}

function rounded(value: number, precision: number): string {
  const digits = Math.min(precision, 100);
  const text = value.toExponential(digits);
  const [mantissa = '', exponent = '0'] = text.split('e');
  if (!isTie(value.toExponential(100).split('e')[0] ?? '', digits)) return text;
  return `${downToEven(mantissa, value / 10 ** Number(exponent))}e${exponent}`;
}

/** Whether what is cut off behind `digits` is exactly a half. */
function isTie(exact: string, digits: number): boolean {
  return /^50*$/.test((exact.split('.')[1] ?? '').slice(digits));
}

/** JavaScript rounds halves up, Go to the even digit. */
function downToEven(text: string, value: number): string {
  const last = text.at(-1) ?? '0';
  const isOdd = Number(last) % 2 === 1;
  return isOdd && Number(text) > value ? text.slice(0, -1) + String(Number(last) - 1) : text;
}
