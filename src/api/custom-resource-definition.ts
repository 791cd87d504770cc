import { partOfLabel, versionLabel } from './annotation.ts';
import type { KindDefinition } from './kind-definition.ts';
import { kindDefinitions } from './kind-definitions.ts';
import { emitOpenApiSchema, type OpenApiSchema } from './open-api-schema.ts';
import { productVersion } from './product-version.ts';
import type { ResourceByKind } from './served-kinds.ts';

export type CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1';
  kind: 'CustomResourceDefinition';
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    group: string;
    names: { kind: string; listKind: string; plural: string; singular: string; shortNames?: string[]; categories?: string[] };
    scope: 'Namespaced';
    versions: {
      name: string;
      served: boolean;
      storage: boolean;
      schema: { openAPIV3Schema: OpenApiSchema };
      subresources: { status: Record<string, never> };
      additionalPrinterColumns: { name: string; type: string; jsonPath: string; priority?: number }[];
    }[];
  };
};

/** The definitions of all kinds that are served, as they go to an API server. */
export function customResourceDefinitions(): CustomResourceDefinition[] {
  return Object.values(kindDefinitions).map(describeKind);
}

const rootSchemas = new Map<string, OpenApiSchema>();

/** The schema of a whole object of a kind. */
export function rootSchemaOf(kind: keyof ResourceByKind): OpenApiSchema {
  const schema = rootSchemas.get(kind) ?? emitRootSchema(kindDefinitions[kind]);
  rootSchemas.set(kind, schema);
  return schema;
}

function describeKind(definition: KindDefinition): CustomResourceDefinition {
  const { group, version, plural, columns } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { [partOfLabel]: 'flux', [versionLabel]: `v${productVersion}` } },
    spec: {
      group,
      names: describeNames(definition),
      scope: 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: emitRootSchema(definition) },
          subresources: { status: {} },
          additionalPrinterColumns: columns.map((column) => ({ ...column })),
        },
      ],
    },
  };
}

function describeNames({ kind, plural, shortNames, categories }: KindDefinition): CustomResourceDefinition['spec']['names'] {
  return {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    ...(shortNames.length > 0 && { shortNames: [...shortNames] }),
    ...(categories.length > 0 && { categories: [...categories] }),
  };
}

function emitRootSchema({ description, spec, status, isForeign }: KindDefinition): OpenApiSchema {
  return {
    description,
    type: 'object',
    properties: {
      apiVersion: { description: 'Group and version of the kind.', type: 'string' },
      kind: { description: 'The kind.', type: 'string' },
      metadata: { type: 'object' },
      spec: emitOpenApiSchema(spec),
      // kstatus takes an object that nobody looked at yet for finished, unless the generation seen differs from its own.
      status: { ...emitOpenApiSchema(status), ...(isForeign === true ? {} : { default: { observedGeneration: -1 } }) },
    },
    ...(isForeign === true ? {} : { required: ['spec'] }),
  };
}
