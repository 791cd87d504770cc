import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderDefinitionFiles } from '../../src/api/definition-files.ts';
import { customResourceDefinitions, type OpenApiSchema, productVersion, rootSchemaOf, servedKinds } from '../../src/api/index.ts';
import { flattenSchema } from './flatten-schema.ts';

const folder = new URL('../../deploy/crds/', import.meta.url);
const definitions = customResourceDefinitions();

describe('deploy/crds', () => {
  const files = renderDefinitionFiles();

  test.for([...files.keys()])('%s is what the schemas say (npm run generate)', (name) => {
    expect(readFileSync(new URL(name, folder), 'utf8')).toBe(files.get(name));
  });

  test('holds nothing else', () => {
    expect(readdirSync(folder).toSorted()).toEqual([...files.keys()].toSorted());
  });
});

describe('the fields of each kind', () => {
  test.for(servedKinds)('$kind has every field of Flux, with its type, default and limits', async ({ kind }) => {
    const { spec = {}, status = {} } = rootSchemaOf(kind).properties ?? {};
    const fields = [...flattenSchema(spec, 'spec'), ...flattenSchema(status, 'status')];
    await expect(`${fields.join('\n')}\n`).toMatchFileSnapshot(`golden/${kind}.txt`);
  });
});

describe('names and columns', () => {
  const byKind = new Map(definitions.map((definition) => [definition.spec.names.kind, definition]));

  test.for([
    {
      kind: 'GitRepository',
      short: ['gitrepo'],
      categories: ['all', 'fluxcd', 'fluxcd-sources'],
      columns: 'URL, Age, Ready, Status',
    },
    { kind: 'Kustomization', short: ['ks'], categories: ['all', 'fluxcd', 'fluxcd-appliers'], columns: 'Age, Ready, Status' },
    {
      kind: 'ImageRepository',
      short: ['imgrepo', 'imagerepo'],
      categories: undefined,
      columns: 'Image, Tags, Ready, Status, Last scan (wide), Age',
    },
    { kind: 'ImagePolicy', short: ['imgpol', 'imagepol'], categories: undefined, columns: 'Image, Tag, Ready, Status, Age' },
    {
      kind: 'ImageUpdateAutomation',
      short: ['iua', 'imgupd', 'imgauto'],
      categories: ['all', 'fluxcd', 'fluxcd-images'],
      columns: 'Ready, Status, Last run (wide), Age',
    },
  ])('$kind: $short, columns $columns', ({ kind, short, categories, columns }) => {
    const { names, versions } = byKind.get(kind)?.spec ?? {};
    const shown = versions?.[0]?.additionalPrinterColumns.map(({ name, priority }) => (priority === 1 ? `${name} (wide)` : name));
    expect({ short: names?.shortNames, categories: names?.categories, columns: shown?.join(', ') }).toEqual({
      short,
      categories,
      columns,
    });
  });

  test('every column shows a field that the schema has', () => {
    const missing = definitions.flatMap(({ spec: { versions } }) =>
      versions.flatMap(({ schema, additionalPrinterColumns }) =>
        additionalPrinterColumns
          .filter(({ jsonPath }) => !hasField(schema.openAPIV3Schema, jsonPath))
          .map(({ jsonPath }) => jsonPath),
      ),
    );
    expect(missing).toEqual([]);
  });
});

describe('a definition', () => {
  test.for(definitions)('$metadata.name starts with generation -1 and a status of its own', ({ spec: { versions, names } }) => {
    const [version] = versions;
    // What only others write starts without a status: no generation of it is observed.
    const start = names.kind === 'ExternalArtifact' ? undefined : { observedGeneration: -1 };
    expect(version?.subresources).toEqual({ status: {} });
    expect(version?.schema.openAPIV3Schema.properties?.['status']?.default).toEqual(start);
  });

  test.for(definitions)('$metadata.name carries the labels by which the flux CLI finds it', ({ metadata: { labels } }) => {
    expect(labels).toEqual({ 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/version': `v${productVersion}` });
  });

  test.for(definitions)('$metadata.name describes every field', ({ spec: { versions } }) => {
    const { spec = {}, status = {} } = versions[0]?.schema.openAPIV3Schema.properties ?? {};
    expect([...findUndescribed(spec, 'spec'), ...findUndescribed(status, 'status')]).toEqual([]);
  });

  test('carries the version of the package', () => {
    const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(productVersion).toBe(packageJson.version);
  });
});

function hasField(schema: OpenApiSchema, jsonPath: string): boolean {
  const steps = jsonPath
    .replace(/\[\?.*\]/, '[]')
    .split(/\.|(?=\[\])/)
    .filter(Boolean);
  let at: OpenApiSchema | undefined = schema;
  for (const step of steps) {
    if (at?.type === 'object' && at.properties === undefined) return true; // metadata
    at = step === '[]' ? at?.items : at?.properties?.[step];
  }
  return at !== undefined;
}

function findUndescribed(schema: OpenApiSchema, path: string): string[] {
  return [
    ...(schema.description === undefined ? [path] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => findUndescribed(property, `${path}.${name}`)),
    ...(schema.items?.properties === undefined ? [] : findUndescribed(schema.items, `${path}[]`)),
  ];
}
