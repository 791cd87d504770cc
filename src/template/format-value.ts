import { goQuote } from '../select/index.ts';
import { type Budget, limits } from './budget.ts';
import { FunctionError } from './error.ts';
import { formatFloat } from './format-number.ts';
import { GoMap, Int, List, Struct, typeName, type Value } from './value.ts';

/** `plain` is Go's %v, `named` its %+v, `syntax` its %#v. */
export type Style = 'plain' | 'named' | 'syntax';

/** A value as Go's fmt prints it. What is printed is paid for while it is made: lists may hold one another. */
export function formatValue(value: Value, budget: Budget, style: Style = 'plain', depth = 0): string {
  const text = formatOne(value, budget, style, depth);
  budget.spend(text.length);
  return text;
}

function formatOne(value: Value, budget: Budget, style: Style, depth: number): string {
  if (value === null) return '<nil>';
  if (typeof value === 'string') return style === 'syntax' ? goQuote(value) : value;
  if (typeof value === 'number') return formatFloat(value, 'g');
  if (value instanceof Int)
    return style === 'syntax' && value.type === 'uint8' ? `0x${value.value.toString(16)}` : String(value.value);
  if (typeof value === 'boolean') return String(value);
  if (depth > limits.nesting) throw new FunctionError('the value holds itself, or is nested too deeply');
  const printed = value instanceof Struct && style !== 'syntax' ? value.print() : undefined;
  if (printed !== undefined) return printed;
  const format = (inner: Value) => formatValue(inner, budget, style, depth + 1);
  return style === 'syntax' ? formatSyntax(value, format) : formatMembers(value, format, style === 'named');
}

type Composite = List | GoMap | Struct;

function formatMembers(value: Composite, format: (inner: Value) => string, named: boolean): string {
  if (value instanceof List) return `[${value.items.map(format).join(' ')}]`;
  if (value instanceof GoMap) {
    return `map[${value
      .sorted()
      .map(([key, inner]) => `${format(key)}:${format(inner)}`)
      .join(' ')}]`;
  }
  const fields = value.fields.map((field) => (named ? `${field.name}:${format(field.value)}` : format(field.value)));
  return `${value.type.startsWith('*') ? '&' : ''}{${fields.join(' ')}}`;
}

function formatSyntax(value: Composite, format: (inner: Value) => string): string {
  const type = typeName(value);
  const nil = (inner: Value) => (inner === null ? 'interface {}(nil)' : format(inner));
  if (value instanceof List) return `${type}{${value.items.map(nil).join(', ')}}`;
  if (value instanceof GoMap) {
    return `${type}{${value
      .sorted()
      .map(([key, inner]) => `${format(key)}:${nil(inner)}`)
      .join(', ')}}`;
  }
  return `${type}{${value.fields.map((field) => `${field.name}:${nil(field.value)}`).join(', ')}}`;
}

/** Go's Sprint: a space between two values where neither is a text. */
export function printAll(values: readonly Value[], budget: Budget): string {
  let text = '';
  values.forEach((value, index) => {
    const before = values[index - 1];
    if (index > 0 && typeof value !== 'string' && typeof before !== 'string') text += ' ';
    text += formatValue(value, budget);
  });
  return text;
}
