import type { z } from 'zod';
import { type FieldProblem, formatPath } from './error.ts';
import { plainPattern } from './open-api-schema.ts';
import { printValue } from './print-value.ts';

/** What a schema found, in the words of a Kubernetes API server. `prefix` is where the schema was applied. */
export function describeIssue(issue: z.core.$ZodIssue, prefix: FieldProblem['path']): FieldProblem {
  const path = [...prefix, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  return { path, message: describe(issue, formatPath(path)) };
}

function describe(issue: z.core.$ZodIssue, field: string): string {
  const { input } = issue;
  switch (issue.code) {
    case 'invalid_type':
      return input === undefined ? 'Required value' : describeType(field, input, wireTypes[issue.expected] ?? issue.expected);
    case 'invalid_value':
      return input === undefined ? 'Required value' : describeEnum(field, input, issue.values);
    case 'invalid_format':
      return `Invalid value: ${printValue(input)}: ${field} in body should match '${readPattern(issue.pattern)}'`;
    case 'too_big':
      return describeTooBig(issue, field);
    case 'too_small':
      return issue.origin === 'string'
        ? `Invalid value: ${printValue(input)}: ${field} in body should be at least ${issue.minimum} chars long`
        : `Invalid value: ${printValue(input)}: ${field} in body should be greater than or equal to ${issue.minimum}`;
    default:
      return `Invalid value: ${issue.message}`; // a rule over several fields brings its own message
  }
}

/** What zod calls differently. */
const wireTypes: Readonly<Record<string, string>> = { record: 'object', int: 'integer', number: 'integer' };

function describeType(field: string, input: unknown, expected: string): string {
  const actual = wireTypeOf(input);
  return `Invalid value: "${actual}": ${field} in body must be of type ${expected}: "${actual}"`;
}

function describeEnum(field: string, input: unknown, values: readonly unknown[]): string {
  if (typeof input !== 'string') return describeType(field, input, 'string');
  const supported = values.map((value) => JSON.stringify(value)).join(', ');
  return `Unsupported value: ${printValue(input)}: supported values: ${supported}`;
}

function describeTooBig({ origin, maximum, input }: z.core.$ZodIssueTooBig, field: string): string {
  if (origin === 'string') return `Too long: may not be more than ${maximum} bytes`;
  if (Array.isArray(input)) return `Too many: ${input.length}: must have at most ${maximum} items`;
  return `Invalid value: ${printValue(input)}: ${field} in body should be less than or equal to ${maximum}`;
}

/** zod gives the pattern as JavaScript prints it, between slashes. */
function readPattern(printed: string | undefined): string {
  return plainPattern(printed?.slice(1, printed.lastIndexOf('/')) ?? '');
}

function wireTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
