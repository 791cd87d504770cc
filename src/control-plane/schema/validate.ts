import { canonicalJson, isObject, type JsonObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { type FieldProblem, invalidValue, requiredValue } from '../objects/api-status.ts';
import { repeatedKeys } from './prune.ts';
import { isDeclared, type Schema } from './schema.ts';
import { validateNumber, validateText } from './validate-scalar.ts';

/** Everything about `value` that the schema forbids, worded as Kubernetes does. `path` is '' for a whole object. */
export function validateSchema(given: Schema, value: unknown, path = ''): FieldProblem[] {
  const schema = lookUp(given);
  if (value === null && schema.nullable === true) return [];
  const mistyped = validateType(schema, value, path);
  if (mistyped.length > 0) return mistyped;
  return [
    ...validateContent(schema, value, path),
    ...validateEnum(schema, value, path),
    ...validateCombinations(schema, value, path),
  ];
}

function validateContent(schema: Schema, value: unknown, path: string): FieldProblem[] {
  if (typeof value === 'string') return validateText(schema, value, path);
  if (typeof value === 'number') return validateNumber(schema, value, path);
  if (Array.isArray(value)) return validateList(schema, value, path);
  return isObject(value) ? validateMembers(schema, value, path) : [];
}

function validateType(schema: Schema, value: unknown, path: string): FieldProblem[] {
  const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : schema.type;
  if (wanted === undefined || wanted === '') return [];
  const found = typeOf(value);
  const fits = wanted.split(',').some((type) => type === found || (type === 'number' && found === 'integer'));
  if (fits) return [];
  const detail = `Invalid value: ${JSON.stringify(found)}: ${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`;
  return [{ field: path, reason: 'FieldValueTypeInvalid', detail }];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function validateEnum(schema: Schema, value: unknown, path: string): FieldProblem[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => canonicalJson(allowed) === canonicalJson(value))) return [];
  const supported = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ');
  return [
    {
      field: path,
      reason: 'FieldValueNotSupported',
      detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
    },
  ];
}

function validateMembers(schema: Schema, value: JsonObject, path: string): FieldProblem[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => requiredValue(at(name)));
  const inside = Object.entries(value).flatMap(([name, member]) => {
    const own = isDeclared(schema, name) ? schema.properties?.[name] : schema.additionalProperties;
    return typeof own === 'object' ? validateSchema(own, member, at(name)) : [];
  });
  return [...missing, ...inside, ...validateCount(schema, value, path)];
}

function validateCount({ minProperties, maxProperties }: Schema, value: JsonObject, path: string): FieldProblem[] {
  const count = Object.keys(value).length;
  if (maxProperties !== undefined && count > maxProperties) return [tooMany(path, count, maxProperties)];
  if (minProperties === undefined || count >= minProperties) return [];
  return [invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`)];
}

function validateList(schema: Schema, list: readonly unknown[], path: string): FieldProblem[] {
  const problems = list.flatMap((item, index) =>
    schema.items === undefined ? [] : validateSchema(schema.items, item, `${path}[${index}]`),
  );
  if (schema.minItems !== undefined && list.length < schema.minItems)
    problems.push(invalidValue(path, list.length, `${path} in body should have at least ${schema.minItems} items`));
  if (schema.maxItems !== undefined && list.length > schema.maxItems) problems.push(tooMany(path, list.length, schema.maxItems));
  if (problems.length > 0) return problems;
  return validateUnique(schema, list, path);
}

function validateUnique(schema: Schema, list: readonly unknown[], path: string): FieldProblem[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set') return [];
  return repeatedKeys(schema, list).map((index) => {
    const item = list[index];
    const keys = schema['x-kubernetes-list-map-keys'] ?? [];
    const shown = listType === 'set' || !isObject(item) ? item : Object.fromEntries(keys.map((key) => [key, item[key]]));
    return { field: `${path}[${index}]`, reason: 'FieldValueDuplicate', detail: `Duplicate value: ${JSON.stringify(shown)}` };
  });
}

function tooMany(field: string, count: number, limit: number): FieldProblem {
  return { field, reason: 'FieldValueTooMany', detail: `Too many: ${count}: must have at most ${limit} items` };
}

function validateCombinations(schema: Schema, value: unknown, path: string): FieldProblem[] {
  const problems = (schema.allOf ?? []).flatMap((part) => validateSchema(part, value, path));
  const passes = (part: Schema) => validateSchema(part, value, path).length === 0;
  const where = path === '' ? '<nil>' : path;
  if (schema.anyOf !== undefined && schema['x-kubernetes-int-or-string'] !== true && !schema.anyOf.some(passes))
    problems.push(invalidValue(where, '', `${where === '<nil>' ? '""' : where} must validate at least one schema (anyOf)`));
  if (schema.oneOf !== undefined && schema.type !== undefined && schema.oneOf.filter(passes).length !== 1)
    problems.push(invalidValue(where, '', `${where === '<nil>' ? '""' : where} must validate one and only one schema (oneOf)`));
  if (schema.not !== undefined && passes(schema.not))
    problems.push(invalidValue(where, '', `${where} must not validate the schema (not)`));
  return problems;
}
