import { RE2JS } from 're2js';
import { type FieldProblem, invalidValue } from '../objects/api-status.ts';
import type { Schema } from './schema.ts';

/** What is wrong with a text: length, pattern, format. */
export function validateText(schema: Schema, value: string, path: string): FieldProblem[] {
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength)
    return [{ field: path, reason: 'FieldValueTooLong', detail: `Too long: may not be more than ${schema.maxLength} bytes` }];
  if (schema.minLength !== undefined && length < schema.minLength)
    return [invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`)];
  if (schema.pattern !== undefined && !matches(schema.pattern, value))
    return [invalidValue(path, value, `${path} in body should match '${schema.pattern}'`)];
  if (schema.format !== undefined && formats[schema.format]?.test(value) === false)
    return [invalidValue(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`)];
  return [];
}

/** What is wrong with a number: its limits. */
export function validateNumber(schema: Schema, value: number, path: string): FieldProblem[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const problems: FieldProblem[] = [];
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum && value === minimum)))
    problems.push(
      invalidValue(path, value, `${path} in body should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`),
    );
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum && value === maximum)))
    problems.push(
      invalidValue(path, value, `${path} in body should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`),
    );
  if (multipleOf !== undefined && value % multipleOf !== 0)
    problems.push(invalidValue(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  return problems;
}

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  duration: /^-?([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$|^[0-9]+$|^[0-9]+ ?(weeks?|days?|hours?|minutes?|seconds?|w|d)$/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
  uuid: /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/,
};

const compiled = new Map<string, RE2JS | null>();

/** Go's expressions, in linear time. A pattern that does not compile forbids nothing: it is refused with its definition. */
function matches(pattern: string, value: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = compile(pattern);
    if (compiled.size > 1000) compiled.clear();
    compiled.set(pattern, expression);
  }
  return expression === null || expression.matcher(value).find();
}

/** Null where the text is not a regular expression in Go's grammar. */
export function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}
