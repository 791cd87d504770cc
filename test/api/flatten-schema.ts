import type { OpenApiSchema } from '../../src/api/index.ts';

/** Every field below a schema as one line: its path, `*` where it is required, its type, and what restricts it. */
export function flattenSchema(schema: OpenApiSchema, path: string): string[] {
  const { properties = {}, required = [], items, additionalProperties } = schema;
  return [
    ...Object.entries(properties)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, property]) => {
        const field = `${path}.${name}`;
        return [`${field}${required.includes(name) ? '*' : ''} ${describeType(property)}`, ...flattenSchema(property, field)];
      }),
    ...(items === undefined ? [] : flattenSchema(items, `${path}[]`)),
    ...(additionalProperties === undefined ? [] : flattenSchema(additionalProperties, `${path}{}`)),
  ];
}

function describeType({ description: _, properties, required, items, additionalProperties, ...schema }: OpenApiSchema): string {
  const { type, ...rest } = schema;
  const inner = items ?? additionalProperties;
  const name = inner === undefined ? type : `${type} of ${describeType(inner)}`;
  const limits = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [name, ...limits].join(' ');
}
