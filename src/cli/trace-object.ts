import { type GitRepository, gitRepositoryKind, type Kustomization, kustomizationKind, servedKinds } from '../api/index.ts';
import { ownerOf, refOfEntry } from '../apply/index.ts';
import { type Cluster, type GroupVersionKind, gvkOf, type KubeObject, parseApiVersion } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { exitCode } from './exit-code.ts';
import { notFound } from './find-objects.ts';
import { conditionOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

export interface TraceOrder {
  readonly objects: readonly { readonly kind: string; readonly name: string }[];
  readonly apiVersion?: string;
}

/** Prints for each object what applied it, and where that came from. One that is not managed ends with `failed`. */
export async function traceObjects(order: TraceOrder, target: ClusterOptions, session: Session): Promise<void> {
  await withCluster(target, session, async (cluster) => {
    for (const asked of order.objects) {
      try {
        const object = await findTraced(cluster, asked, order.apiVersion, target.namespace, session.signal);
        session.terminal.answer(cleanText(`\n${await describeTrace(cluster, object, session.signal)}`));
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        createProgress(session.terminal).failure(
          `failed to trace ${asked.kind}/${asked.name} in namespace ${target.namespace}: ${error.message}`,
        );
        session.exitCode = exitCode.failed;
      }
    }
  });
}

async function findTraced(
  cluster: Cluster,
  { kind, name }: TraceOrder['objects'][number],
  apiVersion: string | undefined,
  namespace: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  const kinds = apiVersion === undefined ? await knownKinds(cluster, signal) : [{ ...parseApiVersion(apiVersion), kind }];
  const named = kinds.filter((candidate) => isCalled(candidate, kind));
  if (named.length === 0) throw new CliError('NOT_FOUND', `nothing of this kind was applied; say which it is with --api-version`);
  let missing = new CliError('NOT_FOUND', `the server has no kind ${kind}`);
  for (const candidate of named) {
    const resource = await cluster.resource(candidate);
    if (resource === null) continue;
    const place = { name, ...(resource.namespaced ? { namespace } : {}) };
    const object = await cluster.get({ ...candidate, kind: resource.kind, ...place }, signal);
    if (object !== null) return object;
    missing = notFound({ group: candidate.group, plural: resource.resource }, place);
  }
  throw missing;
}

const workloads: readonly GroupVersionKind[] = [
  { group: '', version: 'v1', kind: 'Pod' },
  { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  { group: 'batch', version: 'v1', kind: 'Job' },
];

/** Every kind that stands in an inventory, our own, and what workloads make. */
async function knownKinds(cluster: Cluster, signal: AbortSignal): Promise<GroupVersionKind[]> {
  const { items } = await cluster.list(kustomizationKind, { signal });
  const applied = (items as Kustomization[])
    .flatMap(({ status }) => status?.inventory?.entries ?? [])
    .flatMap((entry) => refOfEntry(entry) ?? []);
  const kinds = [...applied, ...workloads, ...servedKinds].map(({ group, version, kind }) => ({ group, version, kind }));
  return [...new Map(kinds.map((kind) => [JSON.stringify(kind), kind])).values()];
}

/** `Deployment`, `deployments`, `deployment.apps`, in any case of letters. */
function isCalled({ group, kind }: GroupVersionKind, word: string): boolean {
  const [name = '', ...rest] = word.toLowerCase().split('.');
  const one = kind.toLowerCase();
  const plurals = [`${one}s`, `${one}es`, one.replace(/y$/, 'ies')];
  return (one === name || plurals.includes(name)) && (rest.length === 0 || rest.join('.') === group);
}

async function describeTrace(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<string> {
  const owner = await findOwner(cluster, object, signal);
  if (owner === null) throw new CliError('NOT_FOUND', 'object not managed by tagalong');
  const { namespace, name } = object.metadata;
  const head = lines([
    ['Object', `${object.kind}/${name}`],
    ...(namespace === undefined ? [] : [['Namespace', namespace] as const]),
    ['Status', 'Managed by tagalong'],
  ]);
  const kustomization = (await cluster.get({ ...kustomizationKind, ...owner }, signal)) as Kustomization | null;
  if (kustomization === null) throw new CliError('NOT_FOUND', `its Kustomization ${owner.namespace}/${owner.name} is gone`);
  return [head, describeKustomization(kustomization), await describeSource(cluster, kustomization, signal)].join('\n---\n');
}

/** By the labels of the object, or of what owns it. */
async function findOwner(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
  depth = 0,
): Promise<{ namespace: string; name: string } | null> {
  const own = ownerOf(object);
  if (own !== null) return own;
  const [reference] = object.metadata.ownerReferences ?? [];
  if (reference === undefined || depth === deepest) return null;
  const { namespace } = object.metadata;
  const ref = { ...gvkOf(reference), name: reference.name, ...(namespace === undefined ? {} : { namespace }) };
  const parent = await cluster.get(ref, signal);
  return parent === null ? null : findOwner(cluster, parent, signal, depth + 1);
}

const deepest = 10;

function describeKustomization(kustomization: Kustomization): string {
  const { metadata, spec, status } = kustomization;
  return lines([
    ['Kustomization', metadata.name],
    ['Namespace', metadata.namespace ?? ''],
    ...(spec.targetNamespace === undefined ? [] : [['Target', spec.targetNamespace] as const]),
    ['Path', spec.path ?? './'],
    ['Revision', status?.lastAppliedRevision ?? ''],
    ...describeReady(kustomization, 'Last reconciled at'),
  ]);
}

async function describeSource(cluster: Cluster, { metadata, spec }: Kustomization, signal: AbortSignal): Promise<string> {
  const { kind, name, namespace = metadata.namespace ?? '' } = spec.sourceRef;
  const served = servedKinds.find((candidate) => candidate.kind === kind) ?? gitRepositoryKind;
  const source = await cluster.get({ ...served, kind, namespace, name }, signal).catch(() => null);
  if (source === null)
    return lines([
      [kind, name],
      ['Namespace', namespace],
      ['Status', 'not found'],
    ]);
  const { spec: wanted, status } = source as GitRepository;
  const ref = wanted.ref ?? {};
  return lines([
    [kind, name],
    ['Namespace', namespace],
    ...(wanted.url === undefined ? [] : [['URL', wanted.url] as const]),
    ...refLine(ref),
    ['Revision', status?.artifact?.revision ?? ''],
    ...describeReady(source, 'Last reconciled at'),
  ]);
}

function refLine(ref: Readonly<Record<string, unknown>>): [string, string][] {
  for (const field of ['digest', 'commit', 'name', 'semver', 'tag', 'branch'])
    if (typeof ref[field] === 'string') return [[`${field.slice(0, 1).toUpperCase()}${field.slice(1)}`, ref[field]]];
  return [];
}

function describeReady(object: KubeObject, words: string): [string, string][] {
  const ready = conditionOf(object, 'Ready');
  if (ready === undefined) return [['Status', 'Unknown']];
  const status = ready.status === 'False' ? 'Last reconciliation failed at' : words;
  return [
    ['Status', `${status} ${ready.lastTransitionTime}`],
    ['Message', ready.message],
  ];
}

function lines(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([key, value]) => `${`${key}:`.padEnd(17)}${value}`.trimEnd()).join('\n');
}
