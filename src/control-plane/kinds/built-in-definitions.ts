import type { Schema } from '../schema/schema.ts';
import builtIn from './built-in-kinds.json' with { type: 'json' };
import type { PrinterColumn } from './resource-type.ts';

/** A resource as the generated file describes it; see test/control-plane/generate-built-in-kinds.ts. */
export interface GeneratedResource {
  readonly groupVersion: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly string[];
  readonly schema: string;
  readonly columns: readonly PrinterColumn[];
}

const generated = builtIn as unknown as { resources: readonly GeneratedResource[]; schemas: Readonly<Record<string, Schema>> };

export const generatedResources = generated.resources;
export const definitions = generated.schemas;

export const objectMetaSchema: Schema = { $ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };

const flattened = new WeakMap<Schema, Schema>();

/** The schema with its `$ref` looked up; what stands beside the reference wins. */
export function lookUp(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  let flat = flattened.get(schema);
  if (flat === undefined) {
    const { $ref, ...own } = schema;
    flat = { ...definitions[$ref], ...own };
    flattened.set(schema, flat);
  }
  return flat;
}
