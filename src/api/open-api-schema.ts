import { z } from 'zod';

/** A structural schema, as the `openAPIV3Schema` of a CustomResourceDefinition wants it. */
export interface OpenApiSchema {
  description?: string;
  type?: 'object' | 'array' | 'string' | 'boolean' | 'integer';
  format?: string;
  enum?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  default?: unknown;
  properties?: Record<string, OpenApiSchema>;
  required?: string[];
  items?: OpenApiSchema;
  additionalProperties?: OpenApiSchema;
  'x-kubernetes-list-type'?: 'atomic' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic';
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

/** What our schemas say beyond OpenAPI: required although it has a default, which only documents that it is always there. */
type Emitted = OpenApiSchema & { 'x-required'?: boolean };

/** The schema of what people write: fields with a default may be left out. */
export function emitOpenApiSchema(schema: z.ZodType): OpenApiSchema {
  return cleanSchema(z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', reused: 'inline' }) as Emitted);
}

function cleanSchema({ 'x-required': _, description, type, ...schema }: Emitted): OpenApiSchema {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum; // the range of int64 goes without saying
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.pattern !== undefined) schema.pattern = plainPattern(schema.pattern);
  if (schema.items !== undefined) schema.items = cleanSchema(schema.items);
  if (schema.additionalProperties !== undefined) schema.additionalProperties = cleanSchema(schema.additionalProperties);
  return { ...(description !== undefined && { description }), ...(type !== undefined && { type }), ...cleanProperties(schema) };
}

function cleanProperties(schema: OpenApiSchema): OpenApiSchema {
  if (schema.properties === undefined) return schema;
  const properties = Object.entries<Emitted>(schema.properties);
  const always = properties.filter(([, property]) => property['x-required']).map(([name]) => name);
  const required = [...(schema.required ?? []), ...always].toSorted();
  schema.properties = Object.fromEntries(properties.map(([name, property]) => [name, cleanSchema(property)]));
  if (required.length > 0) schema.required = required;
  return schema;
}

/** JavaScript escapes the slash in the source of an expression; API servers print patterns in their messages without that. */
export function plainPattern(source: string): string {
  return source.replaceAll('\\/', '/');
}
