/**
 * Writes src/control-plane/kinds/built-in-kinds.json from a real kube-apiserver: which resources there are, the shape of their objects (list
 * keys, defaults, what merges how) and their table columns. Run it by hand when the Kubernetes version moves: `node test/control-plane/generate-built-in-kinds.ts`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { startKubeApiServer } from '../real/index.ts';

const served = [
  'v1: namespaces configmaps secrets services serviceaccounts pods events persistentvolumeclaims persistentvolumes endpoints limitranges resourcequotas nodes',
  'apps/v1: deployments replicasets statefulsets daemonsets controllerrevisions',
  'batch/v1: jobs cronjobs',
  'rbac.authorization.k8s.io/v1: roles rolebindings clusterroles clusterrolebindings',
  'networking.k8s.io/v1: ingresses ingressclasses networkpolicies',
  'policy/v1: poddisruptionbudgets',
  'autoscaling/v2: horizontalpodautoscalers',
  'storage.k8s.io/v1: storageclasses',
  'scheduling.k8s.io/v1: priorityclasses',
  'coordination.k8s.io/v1: leases',
  'discovery.k8s.io/v1: endpointslices',
  'events.k8s.io/v1: events',
  'apiextensions.k8s.io/v1: customresourcedefinitions',
  'admissionregistration.k8s.io/v1: mutatingwebhookconfigurations validatingwebhookconfigurations',
];

const servedSubresources = new Set(['status', 'scale', 'finalize']);

type Json = Record<string, unknown>;
interface Discovered {
  readonly resource: string;
  readonly singularResource: string;
  readonly scope: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly subresources?: readonly { readonly subresource: string }[];
}

const keptKeywords = new Set(
  [
    'type format properties items additionalProperties required default oneOf x-kubernetes-list-type x-kubernetes-list-map-keys',
    'x-kubernetes-map-type x-kubernetes-patch-merge-key x-kubernetes-patch-strategy x-kubernetes-group-version-kind $ref',
  ].flatMap((line) => line.split(' ')),
);

await using server = await startKubeApiServer();
const agent = new Agent({ connect: { ca: server.caData } });
const schemas: Record<string, unknown> = {};
const resources: Json[] = [];
for (const line of served) {
  const [groupVersion = '', names = ''] = line.split(': ');
  await addGroupVersion(groupVersion, names.split(' '));
}
const target = join(import.meta.dirname, '../../src/control-plane/kinds/built-in-kinds.json');
await writeFile(target, `${JSON.stringify({ resources, schemas })}\n`);
await agent.destroy();

async function addGroupVersion(groupVersion: string, plurals: readonly string[]): Promise<void> {
  const root = groupVersion === 'v1' ? 'api/v1' : `apis/${groupVersion}`;
  const document = await fetchJson(`/openapi/v3/${root}`);
  const known = (document['components'] as { schemas: Record<string, Json> }).schemas;
  const discovered = await discover(groupVersion);
  for (const plural of plurals) {
    const found = discovered.find(({ resource }) => resource === plural);
    if (found === undefined) throw new Error(`the server has no ${plural} in ${groupVersion}`);
    const schema = findSchema(known, groupVersion, found.responseKind.kind);
    keepSchema(schema, known);
    resources.push({
      groupVersion,
      plural,
      singular: found.singularResource,
      kind: found.responseKind.kind,
      shortNames: found.shortNames ?? [],
      categories: found.categories ?? [],
      namespaced: found.scope === 'Namespaced',
      verbs: found.verbs,
      subresources: (found.subresources ?? [])
        .map(({ subresource }) => subresource)
        .filter((name) => servedSubresources.has(name)),
      schema,
      columns: await columnsOf(`/${root}/${plural}`),
    });
  }
}

async function discover(groupVersion: string): Promise<readonly Discovered[]> {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const list = await fetchJson(
    group === '' ? '/api' : '/apis',
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  );
  const groups = list['items'] as { metadata: { name?: string }; versions: { version: string; resources: Discovered[] }[] }[];
  const versions = groups.find(({ metadata }) => (metadata.name ?? '') === group)?.versions ?? [];
  return versions.find((item) => item.version === version)?.resources ?? [];
}

function findSchema(known: Record<string, Json>, groupVersion: string, kind: string): string {
  for (const [name, schema] of Object.entries(known)) {
    const kinds = (schema['x-kubernetes-group-version-kind'] ?? []) as Json[];
    const own = kinds.map((item) =>
      item['group'] ? `${item['group']}/${item['version']} ${item['kind']}` : `${item['version']} ${item['kind']}`,
    );
    if (own.length === 1 && own[0] === `${groupVersion} ${kind}`) return name;
  }
  throw new Error(`no schema of ${groupVersion} ${kind}`);
}

function keepSchema(name: string, known: Record<string, Json>): void {
  if (name in schemas) return;
  schemas[name] = null; // recursive types
  schemas[name] = shrink(known[name], known);
}

/** A schema without prose; `allOf: [{ $ref }]` becomes `$ref`, and what it refers to is kept too. */
function shrink(value: unknown, known: Record<string, Json>): unknown {
  const schema = value as Json;
  const [only] = (schema['allOf'] ?? []) as Json[];
  const flat = only === undefined ? schema : { ...schema, ...only };
  const kept: Json = {};
  for (const [keyword, content] of Object.entries(flat)) {
    if (!keptKeywords.has(keyword)) continue;
    if (keyword === 'properties') kept[keyword] = mapValues(content as Json, (item) => shrink(item, known));
    else if (keyword === 'items' || keyword === 'additionalProperties') kept[keyword] = shrink(content, known);
    else if (keyword === '$ref') {
      const name = String(content).replace('#/components/schemas/', '');
      keepSchema(name, known);
      kept[keyword] = name;
    } else if (keyword !== 'default' || !isZero(content)) kept[keyword] = content;
    else if (isEmptyObject(content)) kept['x-always-present'] = true; // a Go struct that is no pointer
  }
  for (const name of (kept['required'] ?? []) as string[]) markWritten((kept['properties'] as Record<string, Json>)[name]);
  // Raw objects: managedFields, extensions.
  if (kept['type'] === 'object' && !kept['properties'] && !kept['additionalProperties'])
    kept['x-kubernetes-preserve-unknown-fields'] = true;
  return kept;
}

/** Lists and maps that Go always writes are null where they are not set. */
function markWritten(member: Json | undefined): void {
  if (member?.['type'] === 'array' || member?.['additionalProperties'] !== undefined) member['x-always-present'] = true;
}

/** Go's zero values are the same as absent. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || isEmptyObject(value);
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function mapValues(record: Json, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

async function columnsOf(path: string): Promise<Json[]> {
  const table = await fetchJson(path, 'application/json;as=Table;v=v1;g=meta.k8s.io');
  const columns = table['columnDefinitions'] as Json[];
  return columns.map(({ name, type, format, priority }) => ({
    name,
    type,
    ...(format ? { format } : {}),
    ...(priority ? { priority } : {}),
  }));
}

async function fetchJson(path: string, accept = 'application/json'): Promise<Json> {
  const headers = { authorization: `Bearer ${server.token}`, accept };
  const answer = await request(`${server.url}${path}`, { dispatcher: agent, headers });
  if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode} ${await answer.body.text()}`);
  return (await answer.body.json()) as Json;
}
