import type { FieldProblem } from './error.ts';
import { printValue } from './print-value.ts';
import { isFields } from './schema-walk.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const rules = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  labelName:
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  labelValue:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
};

/** What is wrong with the `metadata` of an object that comes from a file: its name, namespace, labels and annotations. */
export function checkMetadata(metadata: unknown): FieldProblem[] {
  if (metadata === undefined || metadata === null) return [problem(['name'], nameRequired)];
  if (!isFields(metadata)) return [problem([], 'must be an object')];
  return [
    ...checkName(metadata['name']),
    ...checkNamespace(metadata['namespace']),
    ...checkMap('labels', metadata['labels'], checkLabelValue),
    ...checkMap('annotations', metadata['annotations'], () => []),
  ];
}

const nameRequired = 'Required value: name or generateName is required';

function problem(path: readonly string[], message: string): FieldProblem {
  return { path: ['metadata', ...path], message };
}

function invalid(value: unknown, rule: string): string {
  return `Invalid value: ${printValue(value)}: ${rule}`;
}

function checkName(name: unknown): FieldProblem[] {
  if (name === undefined || name === null || name === '') return [problem(['name'], nameRequired)];
  if (typeof name !== 'string') return [problem(['name'], invalid(name, 'must be of type string'))];
  if (name.length > 253) return [problem(['name'], invalid(name, 'must be no more than 253 bytes'))];
  return subdomain.test(name) ? [] : [problem(['name'], invalid(name, rules.subdomain))];
}

function checkNamespace(namespace: unknown): FieldProblem[] {
  if (namespace === undefined || namespace === null) return [];
  if (typeof namespace !== 'string') return [problem(['namespace'], invalid(namespace, 'must be of type string'))];
  if (namespace.length > 63) return [problem(['namespace'], invalid(namespace, 'must be no more than 63 bytes'))];
  return label.test(namespace) ? [] : [problem(['namespace'], invalid(namespace, rules.label))];
}

type Field = 'labels' | 'annotations';

function checkMap(field: Field, map: unknown, checkValue: (field: Field, value: string) => FieldProblem[]): FieldProblem[] {
  if (map === undefined || map === null) return [];
  if (!isFields(map)) return [problem([field], 'must be a map of strings')];
  return Object.entries(map).flatMap(([key, value]) => [
    ...checkKey(field, key),
    ...(typeof value === 'string'
      ? checkValue(field, value)
      : [problem([field, key], invalid(value, 'must be of type string; put it in quotes'))]),
  ]);
}

function checkLabelValue(field: Field, value: string): FieldProblem[] {
  if (value.length > 63) return [problem([field], invalid(value, 'must be no more than 63 bytes'))];
  return labelValue.test(value) ? [] : [problem([field], invalid(value, rules.labelValue))];
}

/** `name` or `prefix/name`. */
function checkKey(field: Field, key: string): FieldProblem[] {
  const slash = key.indexOf('/');
  const [prefix, name] = [key.slice(0, Math.max(slash, 0)), key.slice(slash + 1)];
  const problems: FieldProblem[] = [];
  if (slash >= 0 && (prefix.length > 253 || !subdomain.test(prefix)))
    problems.push(problem([field], invalid(key, `prefix part ${rules.subdomain}`)));
  if (name.length > 63) problems.push(problem([field], invalid(key, 'name part must be no more than 63 bytes')));
  else if (!labelName.test(name)) problems.push(problem([field], invalid(key, rules.labelName)));
  return problems;
}
