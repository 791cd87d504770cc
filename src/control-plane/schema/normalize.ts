import { isObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import { canonicalQuantity } from './quantity.ts';
import { memberSchema, type Schema } from './schema.ts';

const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** Writes a built-in object as the server's own code would: structs that are no pointers are there, quantities are in their shortest form. In place. */
export function normalizeBuiltIn(given: Schema, value: unknown): void {
  const schema = lookUp(given);
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items !== undefined) normalizeBuiltIn(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    if (member['x-always-present'] === true && member.$ref !== undefined) value[name] ??= {};
  for (const name of Object.keys(value)) {
    const member = memberSchema(schema, name);
    if (member?.$ref === quantity) value[name] = canonicalQuantity(value[name]);
    else if (member !== undefined) normalizeBuiltIn(member, value[name]);
  }
}
