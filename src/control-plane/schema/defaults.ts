import { copyJson, isObject, type JsonObject } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import type { Schema } from './schema.ts';

/** Fills in the schema's defaults, in place. A null that the schema does not allow counts as absent where there is a default. */
export function applyDefaults(given: Schema, value: unknown): void {
  const schema = lookUp(given);
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyDefaults(schema.items, item);
  } else if (isObject(value)) applyToMembers(schema, value);
}

function applyToMembers(schema: Schema, value: JsonObject): void {
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const isAbsent = !Object.hasOwn(value, name) || (value[name] === null && lookUp(member).nullable !== true);
    const fallback = lookUp(member).default;
    if (isAbsent && fallback !== undefined) value[name] = copyJson(fallback);
    applyDefaults(member, value[name]);
  }
  if (typeof schema.additionalProperties !== 'object') return;
  for (const name of Object.keys(value))
    if (!Object.hasOwn(schema.properties ?? {}, name)) applyDefaults(schema.additionalProperties, value[name]);
}
