import { Environment } from '@marcbachmann/cel-js';
import { isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import type { FieldProblem } from '../objects/api-status.ts';
import { isDeclared, memberSchema, type Schema, type ValidationRule } from './schema.ts';
import { compile } from './validate-scalar.ts';

type Rule = (context: Record<string, unknown>) => unknown;

const limits = { maxAstNodes: 5000, maxDepth: 100 };
const environment = createEnvironment();
const parsed = new Map<string, Rule | Error>();

/** What breaks the schema's `x-kubernetes-validations`, from the inside out. `old` is undefined on create. */
export function checkRules(given: Schema, value: unknown, old: unknown, path = ''): FieldProblem[] {
  const schema = lookUp(given);
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => checkRule(rule, schema, value, old, path));
  return [...own, ...checkInside(schema, value, old, path)];
}

/** Whether there is any rule: then a broken shape has Kubernetes say that rules were not checked. */
export function hasRules(given: Schema, depth = 0): boolean {
  const schema = lookUp(given);
  if (schema['x-kubernetes-validations'] !== undefined) return true;
  if (depth > 40) return false;
  const rest = schema.additionalProperties;
  const inside = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(typeof rest === 'object' ? [rest] : []),
  ];
  return inside.some((part) => part.$ref === undefined && hasRules(part, depth + 1));
}

function checkInside(schema: Schema, value: unknown, old: unknown, path: string): FieldProblem[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item, index) => checkRules(items, item, findOldItem(schema, item, old), `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const own = memberSchema(schema, name);
    const at = path === '' ? name : isDeclared(schema, name) ? `${path}.${name}` : `${path}[${name}]`;
    return own === undefined ? [] : checkRules(own, member, isObject(old) ? old[name] : undefined, at);
  });
}

/** Only items of lists with keys have a history of their own. */
function findOldItem(schema: Schema, item: unknown, old: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys === undefined || !Array.isArray(old) || !isObject(item)) return undefined;
  return old.find((candidate) => isObject(candidate) && keys.every((key) => candidate[key] === item[key]));
}

function checkRule(rule: ValidationRule, schema: Schema, value: unknown, old: unknown, path: string): FieldProblem[] {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  if (isTransition && old === undefined && rule.optionalOldSelf !== true) return [];
  const context = { self: toCel(schema, value), oldSelf: old === undefined ? null : toCel(schema, old) };
  const field = rule.fieldPath === undefined ? path : `${path}${rule.fieldPath}`;
  const shown = isObject(value) || Array.isArray(value) ? '' : `${JSON.stringify(value)}: `;
  const outcome = evaluate(rule.rule, context);
  if (outcome === true) return [];
  const why = outcome instanceof Error ? `rule evaluation error: ${outcome.message}` : describeFailure(rule, context);
  return [{ field: field === '' ? '<nil>' : field, reason: reasonOf(rule), detail: detailOf(rule, shown, why) }];
}

function detailOf(rule: ValidationRule, shown: string, why: string): string {
  if (rule.reason === 'FieldValueRequired') return `Required value: ${why}`;
  if (rule.reason === 'FieldValueForbidden') return `Forbidden: ${why}`;
  return `Invalid value: ${shown}${why}`;
}

function reasonOf(rule: ValidationRule): FieldProblem['reason'] {
  const reasons = ['FieldValueInvalid', 'FieldValueRequired', 'FieldValueForbidden', 'FieldValueDuplicate'] as const;
  return reasons.find((reason) => reason === rule.reason) ?? 'FieldValueInvalid';
}

function describeFailure(rule: ValidationRule, context: Record<string, unknown>): string {
  if (rule.messageExpression !== undefined) {
    const message = evaluate(rule.messageExpression, context);
    if (typeof message === 'string' && message !== '') return message;
  }
  return rule.message ?? `failed rule: ${rule.rule}`;
}

function evaluate(expression: string, context: Record<string, unknown>): unknown {
  let rule = parsed.get(expression);
  if (rule === undefined) {
    rule = parse(expression);
    if (parsed.size > 1000) parsed.clear();
    parsed.set(expression, rule);
  }
  if (rule instanceof Error) return rule;
  try {
    return rule(context);
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

function parse(expression: string): Rule | Error {
  try {
    return environment.parse(expression);
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** JSON has one kind of number, CEL has two: the schema decides. */
function toCel(given: Schema, value: unknown): unknown {
  const schema = lookUp(given);
  if (typeof value === 'number') return schema.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isObject(value)) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, toCel(memberSchema(schema, name) ?? {}, member)]));
}

function createEnvironment(): Environment {
  const created = new Environment({ unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false, limits });
  return created
    .registerVariable('self', 'dyn')
    .registerVariable('oldSelf', 'dyn')
    .registerFunction('string.find(string): string', (text: string, pattern: string) => {
      const found = compile(pattern)?.matcher(text);
      return found?.find() === true ? (found.group() ?? '') : '';
    });
}
