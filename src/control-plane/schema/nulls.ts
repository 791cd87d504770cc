import { isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { isDeclared, memberSchema, type Schema } from './schema.ts';

/** Removes nulls that a custom kind's schema does not allow: for it they are the same as absent. In place. */
export function dropForbiddenNulls(given: Schema, value: unknown): void {
  const schema = lookUp(given);
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) dropForbiddenNulls(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const name of Object.keys(value)) {
    const member = memberSchema(schema, name);
    if (member === undefined) continue;
    if (value[name] === null && isDeclared(schema, name) && lookUp(member).nullable !== true) delete value[name];
    else dropForbiddenNulls(member, value[name]);
  }
}
