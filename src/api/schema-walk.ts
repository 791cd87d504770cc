import type { OpenApiSchema } from './open-api-schema.ts';

type Path = readonly (string | number)[];

/** Paths of the fields that the schema does not have, sorted. */
export function findUnknownFields(schema: OpenApiSchema | undefined, value: unknown, path: Path = []): Path[] {
  if (schema === undefined) return []; // also what ends on a value that contains itself, as YAML can say
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => findUnknownFields(schema.items, item, [...path, index]));
  }
  if (!isFields(value)) return [];
  return Object.keys(value)
    .toSorted()
    .flatMap((name) => {
      const child = schemaOf(schema, name);
      if (child !== undefined) return findUnknownFields(child, value[name], [...path, name]);
      return schema.properties === undefined ? [] : [[...path, name]]; // says nothing of its fields, or is another type
    });
}

/** A copy without the fields that are null: an API server drops them before it fills in defaults. */
export function dropNulls(schema: OpenApiSchema | undefined, value: unknown): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => dropNulls(schema.items, item));
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([name, field]) => field !== null || schemaOf(schema, name) === undefined);
  return Object.fromEntries(kept.map(([name, field]) => [name, dropNulls(schemaOf(schema, name), field)]));
}

export function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function schemaOf(schema: OpenApiSchema | undefined, name: string): OpenApiSchema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
}
