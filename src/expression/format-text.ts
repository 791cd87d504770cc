/** `"%s is %d".format([…])` of CEL's string library: %s %d %f %e %b %o %x %X and %%, with a precision for %f and %e. */
export function formatText(template: string, values: readonly unknown[]): string {
  let next = 0;
  return template.replaceAll(/%(?:\.(\d+))?(.|$)/gs, (_clause, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= values.length) throw new Error(`index ${next} out of range`);
    const value = values[next];
    next += 1;
    return formatValue(verb, value, precision === undefined ? 6 : Math.min(100, Number(precision)));
  });
}

function formatValue(verb: string, value: unknown, precision: number): string {
  switch (verb) {
    case 's':
      return describeValue(value);
    case 'd':
      return wholeNumber(value).toString();
    case 'f':
      return Number(value).toFixed(precision);
    case 'e':
      return Number(value)
        .toExponential(precision)
        .replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : wholeNumber(value).toString(2);
    case 'o':
      return wholeNumber(value).toString(8);
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw new Error(`unrecognized formatting clause "${verb}"`);
  }
}

function wholeNumber(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  throw new Error('only integers can be formatted so');
}

function hexadecimal(value: unknown): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : wholeNumber(value).toString(16);
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (!(value instanceof Map)) return String(value);
  const entries = [...value].map(([key, member]) => `${describeValue(key)}: ${describeValue(member)}`);
  return `{${entries.toSorted().join(', ')}}`;
}
