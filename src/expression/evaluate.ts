import type { Environment, ParseResult } from '@marcbachmann/cel-js';
import { createEnvironment } from './environment.ts';
import type { ComputedAnswer, Expression, ExpressionAnswer, ExpressionScope } from './expression.ts';
import { useLinearPatterns } from './patterns.ts';
import { fromCel, toCel } from './to-cel.ts';

const rememberedAtMost = 1000;
const environments = new Map<string, Environment>();
const compiled = new Map<string, ParseResult>();

/** Why an expression can never be evaluated, or null. */
export function findMistake(expression: Expression): string | null {
  try {
    const { valid, type, error } = compile(expression).check();
    if (!valid) return messageOf(error);
    return type === undefined || type === 'bool' || type === 'dyn' ? null : `it yields ${type}, and has to yield bool`;
  } catch (error) {
    return messageOf(error);
  }
}

/** The answer of an expression over JSON values. Runs as long as it likes: for a thread that can be ended. */
export function evaluate(expression: Expression, values: Readonly<Record<string, unknown>>): ExpressionAnswer {
  try {
    const variables = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toCel(value)]));
    const value: unknown = compile(expression)(variables);
    if (typeof value === 'boolean') return { kind: 'value', value };
    return { kind: 'failed', because: `it yields no bool but ${value === null ? 'null' : typeof value}` };
  } catch (error) {
    return { kind: 'failed', because: messageOf(error) };
  }
}

/** The value of an expression of any type over JSON values, as JSON. */
export function compute(expression: Expression, values: Readonly<Record<string, unknown>>): ComputedAnswer {
  try {
    const variables = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toCel(value)]));
    return { kind: 'value', value: fromCel(compile(expression)(variables)) };
  } catch (error) {
    return { kind: 'failed', because: messageOf(error) };
  }
}

function compile({ text, scope }: Expression): ParseResult {
  const key = JSON.stringify([scope, text]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const parsed = environmentFor(scope).parse(text);
  useLinearPatterns(parsed.ast);
  if (compiled.size >= rememberedAtMost) compiled.clear();
  compiled.set(key, parsed);
  return parsed;
}

function environmentFor(scope: ExpressionScope): Environment {
  const key = JSON.stringify(scope);
  const known = environments.get(key) ?? createEnvironment(scope);
  environments.set(key, known);
  return known;
}

/** The first line: what follows is a picture of the place, for a terminal. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
