import { createHash } from 'node:crypto';
import { isObject } from '../json/json.ts';
import { definitions } from '../kinds/built-in-definitions.ts';
import type { KindRegistry } from '../kinds/kind-registry.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { listGroups } from './discovery.ts';

/** /openapi/v3: where the documents of the group versions are; the hash moves with the kinds. */
export function listOpenApiPaths(kinds: KindRegistry): object {
  const hash = createHash('sha256').update(String(kinds.revision)).digest('hex').slice(0, 32);
  const names = listGroups(kinds).flatMap(({ group, versions }) => versions.map((version) => rootOf(group, version)));
  return { paths: Object.fromEntries(names.map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }])) };
}

function rootOf(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** The OpenAPI v3 document of one group version, as far as clients read it: schemas, and which writes take which parameters. */
export function createOpenApi(kinds: KindRegistry, group: string, version: string): object | null {
  const types = kinds.all().filter((type) => type.group === group && type.version === version);
  if (types.length === 0 && !listGroups(kinds).some((known) => known.group === group && known.versions.includes(version)))
    return null;
  const schemas: Record<string, unknown> = {};
  for (const type of types) keepSchema(schemaName(type), describeSchema(type), schemas);
  const paths = Object.fromEntries(types.flatMap((type) => describePaths(type, `/${rootOf(group, version)}`)));
  return { openapi: '3.0.0', info: { title: 'tagalong', version: 'v1' }, paths, components: { schemas } };
}

function schemaName(type: ResourceType): string {
  if (!type.custom) return type.schema.$ref ?? type.kind;
  return `${type.group.split('.').reverse().join('.')}.${type.version}.${type.kind}`;
}

function describeSchema(type: ResourceType): unknown {
  if (!type.custom) return definitions[type.schema.$ref ?? ''];
  return { ...type.schema, 'x-kubernetes-group-version-kind': [{ group: type.group, version: type.version, kind: type.kind }] };
}

/** Adds a schema and all that it refers to; references get OpenAPI's form. */
function keepSchema(name: string, schema: unknown, schemas: Record<string, unknown>): void {
  if (name in schemas) return;
  schemas[name] = null; // types may contain themselves
  schemas[name] = rewrite(schema, schemas);
}

function rewrite(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, schemas));
  if (!isObject(value)) return value;
  const { $ref, 'x-always-present': isPresent, ...rest } = value;
  const own = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, rewrite(item, schemas)]));
  if (typeof $ref !== 'string') return own;
  keepSchema($ref, definitions[$ref], schemas);
  return { ...own, ...(isPresent === true && { default: {} }), allOf: [{ $ref: `#/components/schemas/${$ref}` }] };
}

const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const writeParameters = [parameter('dryRun'), parameter('fieldManager'), parameter('fieldValidation'), parameter('pretty')];

function describePaths(type: ResourceType, root: string): [string, object][] {
  const collection = type.namespaced ? `${root}/namespaces/{namespace}/${type.plural}` : `${root}/${type.plural}`;
  const gvk = { group: type.group, version: type.version, kind: type.kind };
  const operation = (action: string, parameters: object[] = []) => ({
    operationId: `${action}${type.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
    parameters,
    responses: {
      200: {
        description: 'OK',
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(type)}` } } },
      },
    },
  });
  const patch = { ...operation('patch', [...writeParameters, parameter('force')]), requestBody: patchBody(type) };
  const item = {
    get: operation('get'),
    put: operation('put', writeParameters),
    patch,
    delete: operation('delete', [parameter('dryRun')]),
  };
  return [
    [collection, { get: operation('list'), post: operation('post', writeParameters) }],
    [`${collection}/{name}`, item],
  ];
}

function patchBody({ custom }: ResourceType): object {
  const types = [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(custom ? [] : ['application/strategic-merge-patch+json']),
  ];
  return { content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }])), required: true };
}

/** /openapi/v2: enough for clients that look whether there is one. */
export const minimalSwagger = { swagger: '2.0', info: { title: 'tagalong', version: 'v1' }, paths: {}, definitions: {} };
