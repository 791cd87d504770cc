import { goQuote } from '../select/index.ts';
import type { Budget } from './budget.ts';
import { FunctionError } from './error.ts';
import { formatFloat } from './format-number.ts';
import { formatValue } from './format-value.ts';
import { GoMap, Int, List, Struct, typeName, type Value } from './value.ts';

interface Directive {
  readonly flags: string;
  readonly width: number | null;
  readonly precision: number | null;
  readonly verb: string;
}

const directive =
  /%([-+# 0]*)(?:\[([^\]]{0,12})\])?(\*|\d+)?(?:(\.)(?:\[([^\]]{0,12})\])?(\*|\d+)?)?(?:\[([^\]]{0,12})\])?(\p{Any}|$)/gu;
const maxWidth = 1_000_000;

/** Go's Sprintf, with its complaints inside the text. @throws LimitError */
export function formatVerbs(format: string, values: readonly Value[], budget: Budget): string {
  budget.spend(format.length);
  const cursor = new Cursor(values);
  let text = '';
  let last = 0;
  for (const match of format.matchAll(directive)) {
    text += format.slice(last, match.index);
    text += formatDirective(match, cursor, budget);
    last = match.index + match[0].length;
  }
  return text + format.slice(last) + cursor.extra(budget);
}

/** Walks the arguments; `[n]` moves it. */
class Cursor {
  readonly #values: readonly Value[];
  #at = 0;
  #reordered = false;

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  /** @returns false for an index that there is not. */
  move(index: string | undefined): boolean {
    if (index === undefined) return true;
    this.#reordered = true;
    const at = /^\d{1,9}$/.test(index) ? Number(index) - 1 : -1;
    if (at < 0 || at >= this.#values.length) return false;
    this.#at = at;
    return true;
  }

  next(): Value | undefined {
    const value = this.#values[this.#at];
    this.#at += 1;
    return value;
  }

  extra(budget: Budget): string {
    if (this.#reordered || this.#at >= this.#values.length) return '';
    const rest = this.#values.slice(this.#at);
    const shown = rest.map((value) => (value === null ? '<nil>' : `${typeName(value)}=${formatValue(value, budget)}`));
    return `%!(EXTRA ${shown.join(', ')})`;
  }
}

function formatDirective(match: RegExpExecArray, cursor: Cursor, budget: Budget): string {
  const [, flags = '', first, widthText, point, second, precisionText, third, verb = ''] = match;
  const isFirst = cursor.move(first);
  const width = readSize(widthText, cursor);
  const isSecond = cursor.move(second);
  const precision = readSize(point !== undefined && precisionText === undefined ? '0' : precisionText, cursor);
  const isKnown = cursor.move(third) && isSecond && isFirst;
  if (verb === '') return '%!(NOVERB)';
  if (verb === '%') return '%';
  if (!isKnown) return `%!${verb}(BADINDEX)`;
  const value = cursor.next();
  if (value === undefined) return `%!${verb}(MISSING)`;
  const problems = `${width === 'bad' ? '%!(BADWIDTH)' : ''}${precision === 'bad' ? '%!(BADPREC)' : ''}`;
  return problems + formatArgument(value, orderOf(flags, width, precision, verb, budget), budget, 0);
}

type Size = number | null | 'bad';

function orderOf(flags: string, width: Size, precision: Size, verb: string, budget: Budget): Directive {
  const [wide, precise] = [width, precision].map((size) => (typeof size === 'number' ? size : 0));
  if (Math.abs(wide ?? 0) > maxWidth || (precise ?? 0) > maxWidth) throw new FunctionError('the width or precision is too large');
  budget.spend(Math.abs(wide ?? 0) + Math.abs(precise ?? 0));
  const isLeft = flags.includes('-') || (wide ?? 0) < 0;
  return {
    flags: isLeft ? `${flags.replaceAll('0', '')}-` : flags,
    width: typeof width === 'number' ? Math.abs(width) : null,
    precision: typeof precision === 'number' && precision >= 0 ? precision : null,
    verb,
  };
}

/** A width or a precision, or the argument that gives it. */
function readSize(text: string | undefined, cursor: Cursor): Size {
  if (text !== '*') return text === undefined ? null : Number(text);
  const value = cursor.next();
  return value instanceof Int ? Number(value.value) : 'bad';
}

function formatArgument(value: Value, order: Directive, budget: Budget, depth: number): string {
  const { verb, flags } = order;
  if (verb === 'T') return pad(typeName(value), order);
  if (value === null) return verb === 'v' || depth > 0 ? pad('<nil>', order) : `%!${verb}(<nil>)`;
  if (verb === 'v') {
    if (flags.includes('#')) return pad(formatValue(value, budget, 'syntax'), order);
    if (typeof value === 'number' || value instanceof Int || typeof value === 'string') return formatSimple(value, order, budget);
    return isComposite(value) && order.width !== null
      ? formatComposite(value, order, budget, depth)
      : pad(formatValue(value, budget, flags.includes('+') ? 'named' : 'plain'), order);
  }
  return isComposite(value) ? formatComposite(value, order, budget, depth) : formatSimple(value, order, budget);
}

function isComposite(value: Value): value is List | GoMap | Struct {
  return value instanceof List || value instanceof GoMap || value instanceof Struct;
}

/** A verb for a list or a map is one for each of its members. */
function formatComposite(value: List | GoMap | Struct, order: Directive, budget: Budget, depth: number): string {
  if (depth > 100) throw new FunctionError('the value holds itself, or is nested too deeply');
  const printed = value instanceof Struct && 'vsqxX'.includes(order.verb) ? value.print() : undefined;
  if (printed !== undefined) return formatSimple(printed, order, budget);
  const inner = (member: Value) => {
    budget.step();
    return formatArgument(member, order, budget, depth + 1);
  };
  if (value instanceof List) return `[${value.items.map(inner).join(' ')}]`;
  if (value instanceof Struct) return `{${value.fields.map((field) => inner(field.value)).join(' ')}}`;
  return `map[${value
    .sorted()
    .map(([key, member]) => `${inner(key)}:${inner(member)}`)
    .join(' ')}]`;
}

function formatSimple(value: boolean | string | number | Int | List | GoMap | Struct, order: Directive, budget: Budget): string {
  let text: string | null = null;
  if (typeof value === 'string') text = formatText(value, order);
  else if (typeof value === 'number') text = formatReal(value, order);
  else if (value instanceof Int) text = formatWhole(value, order);
  else if (value === true || value === false) text = order.verb === 't' ? String(value) : null;
  if (text === null) return `%!${order.verb}(${typeName(value)}=${formatValue(value, budget)})`;
  budget.spend(text.length);
  return pad(text, order);
}

function formatText(value: string, { verb, flags, precision }: Directive): string | null {
  const text = precision === null ? value : [...value].slice(0, precision).join('');
  if (verb === 's' || verb === 'v') return text;
  if (verb === 'q' && flags.includes('+')) return asciiOnly(goQuote(text));
  if (verb === 'q')
    return flags.includes('#') && !/[`\u0000-\u0008\u000a-\u001f\u007f]/.test(text) ? `\`${text}\`` : goQuote(text);
  if (verb !== 'x' && verb !== 'X') return null;
  const hex = Buffer.from(value)
    .subarray(0, precision ?? undefined)
    .toString('hex');
  const spaced = flags.includes(' ') ? (hex.match(/../g) ?? []).join(' ') : hex;
  const prefixed = flags.includes('#') && spaced !== '' ? `0x${spaced}` : spaced;
  return verb === 'X' ? prefixed.toUpperCase() : prefixed;
}

/** Other characters as Go's escapes. */
function asciiOnly(quoted: string): string {
  return quoted.replace(/[^\u0000-\u007f]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

function formatReal(value: number, { verb, flags, precision }: Directive): string | null {
  const kind = verb.toLowerCase();
  if (verb !== 'v' && !'efg'.includes(kind)) return null;
  const usual = kind === 'e' || kind === 'f' ? 6 : null;
  const text =
    verb === 'v' ? formatFloat(value, 'g', precision) : formatFloat(value, kind as 'e' | 'f' | 'g', precision ?? usual);
  const signed = text.startsWith('-') || text.startsWith('+') ? text : `${signOf(flags)}${text}`;
  return verb === 'E' || verb === 'G' ? signed.toUpperCase() : signed;
}

const radixes: ReadonlyMap<string, number> = new Map([
  ['d', 10],
  ['v', 10],
  ['b', 2],
  ['o', 8],
  ['O', 8],
  ['x', 16],
  ['X', 16],
]);

const prefixes: ReadonlyMap<string, string> = new Map([
  ['b', '0b'],
  ['o', '0'],
  ['x', '0x'],
  ['X', '0X'],
]);

function formatWhole({ value }: Int, { verb, flags, precision }: Directive): string | null {
  if (verb === 'c') return characterOf(value);
  if (verb === 'q') return quoteCharacter(characterOf(value));
  if (verb === 'U') {
    const code = `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
    return flags.includes('#') ? `${code} '${characterOf(value)}'` : code;
  }
  const radix = radixes.get(verb);
  if (radix === undefined) return null;
  const absolute = value < 0n ? -value : value;
  let digits = absolute.toString(radix).padStart(precision ?? 0, '0');
  if (verb === 'X') digits = digits.toUpperCase();
  if (precision === 0 && value === 0n) digits = '';
  const prefix = verb === 'O' ? '0o' : flags.includes('#') ? (prefixes.get(verb) ?? '') : '';
  return `${value < 0n ? '-' : signOf(flags)}${prefix}${digits}`;
}

function signOf(flags: string): string {
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function characterOf(value: bigint): string {
  const code = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
  return String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
}

function quoteCharacter(character: string): string {
  if (character === '"') return `'"'`;
  return character === "'" ? `'\\''` : `'${goQuote(character).slice(1, -1)}'`;
}

/** Zeros go behind the sign, and only where no precision says how many digits there are. */
function pad(text: string, { flags, width, precision, verb }: Directive): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  const isWhole = 'dboOxX'.includes(verb);
  if (!flags.includes('0') || (isWhole && precision !== null)) return ' '.repeat(missing) + text;
  const sign = /^[+-](?=\d)/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
