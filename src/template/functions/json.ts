import { errorMessage } from '../../core/index.ts';
import { type Budget, limits } from '../budget.ts';
import { define, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { formatFloat } from '../format-number.ts';
import { GoMap, Int, List, Struct, typeName, type Value } from '../value.ts';
import { paid } from './texts.ts';

/** Sprig's JSON: what cannot be written is an empty text, with `must` in front an error. */
export const json: FunctionTable = {
  toJson: define(['any'], ([value], budget) => orEmpty(() => escapeMarkup(print(value, budget, '')))),
  mustToJson: define(['any'], ([value], budget) => escapeMarkup(print(value, budget, ''))),
  toPrettyJson: define(['any'], ([value], budget) => orEmpty(() => escapeMarkup(print(value, budget, '  ')))),
  mustToPrettyJson: define(['any'], ([value], budget) => escapeMarkup(print(value, budget, '  '))),
  toRawJson: define(['any'], ([value], budget) => print(value, budget, '')),
  mustToRawJson: define(['any'], ([value], budget) => print(value, budget, '')),
  fromJson: define(['string'], ([text], budget) => {
    const read = parse(text, budget);
    return 'problem' in read ? null : read.value;
  }),
  mustFromJson: define(['string'], ([text], budget) => {
    const read = parse(text, budget);
    if ('problem' in read) throw new FunctionError(read.problem);
    return read.value;
  }),
};

function orEmpty(write: () => string): string {
  try {
    return write();
  } catch (thrown) {
    if (thrown instanceof FunctionError) return '';
    throw thrown;
  }
}

function print(value: Value, budget: Budget, indent: string): string {
  return write(value, budget, indent, '\n');
}

function write(value: Value, budget: Budget, indent: string, lineBreak: string): string {
  budget.step();
  if (lineBreak.length > limits.nesting * 2) throw new FunctionError('json: the value is nested too deeply');
  if (value instanceof List) {
    return wrap(
      '[]',
      value.items.map((item) => () => write(item, budget, indent, `${lineBreak}${indent || ' '}`)),
      budget,
      indent,
      lineBreak,
    );
  }
  if (value instanceof GoMap || value instanceof Struct) {
    const entries = entriesOf(value);
    const parts = entries.map(([key, inner]) => () => {
      const colon = indent === '' ? ':' : ': ';
      return `${writeText(key, budget)}${colon}${write(inner, budget, indent, `${lineBreak}${indent || ' '}`)}`;
    });
    return wrap('{}', parts, budget, indent, lineBreak);
  }
  if (typeof value === 'string') return writeText(value, budget);
  if (typeof value === 'number') return writeFloat(value);
  return value instanceof Int ? String(value.value) : String(value);
}

function wrap(brackets: string, parts: readonly (() => string)[], budget: Budget, indent: string, lineBreak: string): string {
  const [open = '', close = ''] = brackets;
  if (parts.length === 0) return brackets;
  const inner = indent === '' ? '' : lineBreak + indent;
  const outer = indent === '' ? '' : lineBreak;
  const written = parts.map((part) => {
    budget.spend(inner.length);
    return inner + part();
  });
  return paid(budget, `${open}${written.join(',')}${outer}${close}`);
}

function entriesOf(value: GoMap | Struct): (readonly [string, Value])[] {
  if (value instanceof Struct) {
    if (value.type === 'time.Time') throw new FunctionError('json: unsupported type: time.Time');
    return value.fields.map((field) => [field.name, field.value] as const);
  }
  if (value.type.key !== 'string') throw new FunctionError(`json: unsupported type: ${typeName(value)}`);
  return value.sorted().map(([key, inner]) => [typeof key === 'string' ? key : '', inner] as const);
}

function writeText(text: string, budget: Budget): string {
  const written = JSON.stringify(text.toWellFormed()).replace(
    /[\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );
  return paid(budget, written);
}

/** Within a JSON text the three characters stand in strings alone. */
function escapeMarkup(text: string): string {
  return text.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

function writeFloat(value: number): string {
  if (!Number.isFinite(value)) throw new FunctionError(`json: unsupported value: ${formatFloat(value, 'g')}`);
  const absolute = Math.abs(value);
  const isPlain = absolute === 0 || (absolute >= 1e-6 && absolute < 1e21);
  return isPlain ? formatFloat(value, 'f') : formatFloat(value, 'e').replace(/e-0(\d)$/, 'e-$1');
}

function parse(text: string, budget: Budget): { value: Value } | { problem: string } {
  budget.spend(text.length * 4);
  try {
    return { value: convert(JSON.parse(text), budget, 0) };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError) && !(thrown instanceof RangeError)) throw thrown;
    return { problem: text.trim() === '' ? 'unexpected end of JSON input' : `invalid JSON: ${errorMessage(thrown)}` };
  }
}

function convert(value: unknown, budget: Budget, depth: number): Value {
  budget.step();
  if (depth > limits.nesting) throw new FunctionError('json: the value is nested too deeply');
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return new List(value.map((item) => convert(item, budget, depth + 1)));
  return new GoMap(Object.entries(Object(value)).map(([key, inner]) => [key, convert(inner, budget, depth + 1)] as const));
}
