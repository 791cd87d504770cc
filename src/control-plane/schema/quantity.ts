/** How many thousandths of a thousandth of a thousandth there are in one. */
const nano = 1_000_000_000n;

const decimal: readonly (readonly [string, bigint])[] = [
  ['E', 10n ** 18n],
  ['P', 10n ** 15n],
  ['T', 10n ** 12n],
  ['G', 10n ** 9n],
  ['M', 10n ** 6n],
  ['k', 1000n],
  ['', 1n],
];
const binary: readonly (readonly [string, bigint])[] = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].map((suffix, index) => [
  suffix,
  1024n ** BigInt(6 - index),
]);
const small: readonly (readonly [string, bigint])[] = [
  ['m', 1_000_000n],
  ['u', 1000n],
  ['n', 1n],
];

/** `0.5` → `500m`, `1024Mi` → `1Gi`: the form that Kubernetes writes. What is no quantity, or has an exponent, stays as it is. */
export function canonicalQuantity(value: unknown): unknown {
  const parsed = /^([+-]?)(\d*)(?:\.(\d*))?([EPTGMk]|[EPTGMK]i|[mun])?$/.exec(String(value));
  if (parsed === null || value === '') return value;
  const [, sign = '', whole = '', fraction = '', suffix = ''] = parsed;
  if (whole === '' && fraction === '') return value;
  const nanos = scale(`${whole}${fraction}`, fraction.length, suffix);
  const text = suffix.endsWith('i') ? formatBinary(nanos) : formatDecimal(nanos);
  return nanos === 0n ? '0' : `${sign === '-' ? '-' : ''}${text}`;
}

/** In billionths, rounded up. */
function scale(digits: string, places: number, suffix: string): bigint {
  const factor = unitOf(suffix);
  const divisor = 10n ** BigInt(places);
  return (BigInt(digits) * factor + divisor - 1n) / divisor;
}

function unitOf(suffix: string): bigint {
  const tiny = small.find(([name]) => name === suffix)?.[1];
  if (tiny !== undefined) return tiny;
  return ([...decimal, ...binary].find(([name]) => name === suffix)?.[1] ?? 1n) * nano;
}

function formatDecimal(nanos: bigint): string {
  for (const [suffix, factor] of decimal) if (nanos % (factor * nano) === 0n) return `${nanos / (factor * nano)}${suffix}`;
  const [suffix, factor] = small.find(([, unit]) => nanos % unit === 0n) ?? ['n', 1n];
  return `${nanos / factor}${suffix}`;
}

function formatBinary(nanos: bigint): string {
  for (const [suffix, factor] of binary) if (nanos % (factor * nano) === 0n) return `${nanos / (factor * nano)}${suffix}`;
  return formatDecimal(nanos);
}
