import type { Kustomization } from '../api/index.ts';
import { compileIgnoreRules, differingFields, inventoryId } from '../apply/index.ts';
import {
  type Cluster,
  type Difference,
  describeObject,
  errorMessage,
  type KubeObject,
  refOf,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import { type ApplyTools, type Prepared, prepareObject } from './kustomization-apply-object.ts';
import { findAutoscaled } from './kustomization-autoscaled.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';

const looksAtOnce = 8;
const namedAtMost = 3;

/**
 * What an apply of these manifests would change, by the very steps that an apply starts with, each sent as a dry run. Where the right to
 * that is missing, the fields are compared instead.
 */
export async function previewObjects(
  { spec }: Kustomization,
  manifests: readonly KubeObject[],
  { signal }: StepContext,
  { cluster, clock }: Pick<KustomizationDeps, 'cluster' | 'clock'>,
): Promise<readonly Difference[]> {
  const ignoredIn = compileIgnoreRules(spec.ignore ?? []);
  const autoscaled = findAutoscaled(manifests);
  const tools: ApplyTools = {
    ...{ cluster: tryOnly(cluster), clock, signal, force: spec.force, ignoredIn },
    isAbsent: () => false,
    isAutoscaled: (manifest) => autoscaled.has(inventoryId(refOf(manifest))),
  };
  const found = await concurrently(manifests, looksAtOnce, (manifest) => previewObject(manifest, manifests, tools));
  return found.filter((difference) => difference !== null);
}

async function previewObject(
  manifest: KubeObject,
  manifests: readonly KubeObject[],
  tools: ApplyTools,
): Promise<Difference | null> {
  const tell = (message: string): Difference => ({ kind: 'apply', subject: describeObject(manifest), message });
  try {
    const message = describePrepared(await prepareObject(manifest, tools));
    return message === null ? null : tell(message);
  } catch (error) {
    tools.signal.throwIfAborted();
    const code = codeBehind(error);
    if (code === 'NOT_FOUND' && manifests.some((other) => brings(other, manifest))) return tell('would be created');
    if (code === 'FORBIDDEN') return compareFields(manifest, tools).then((message) => (message === null ? null : tell(message)));
    return tell(`would fail: ${errorMessage(error)}`);
  }
}

/** Null where nothing would change. */
function describePrepared(prepared: Prepared): string | null {
  if (prepared.do === 'skip' || prepared.do === 'nothing') return null;
  if (prepared.live === null) return 'would be created';
  if (prepared.do === 'recreate') return 'would be deleted and created again (spec.force)';
  return `would be configured: ${describeFields(prepared.sent, prepared.live)}`;
}

function describeFields(wanted: KubeObject, live: KubeObject): string {
  const fields = differingFields(wanted, live);
  const more = fields.length > namedAtMost ? ` and ${fields.length - namedAtMost} more` : '';
  return fields.length === 0 ? 'who owns its fields' : `${fields.slice(0, namedAtMost).join(', ')}${more}`;
}

async function compareFields(manifest: KubeObject, { cluster, signal }: ApplyTools): Promise<string | null> {
  try {
    const live = await cluster.get(refOf(manifest), signal);
    if (live === null) return 'would be created';
    const isSame = differingFields(manifest, live).length === 0;
    return isSame
      ? null
      : `may be configured, compared by its fields since it may not be tried: ${describeFields(manifest, live)}`;
  } catch (error) {
    signal.throwIfAborted();
    return `cannot be compared: ${errorMessage(error)}`;
  }
}

/** The first error of the chain that came from the server. */
function codeBehind(error: unknown): string {
  if (!(error instanceof TagalongError)) return '';
  return error.cause instanceof TagalongError ? codeBehind(error.cause) : error.code;
}

/** Whether `other`, of the same build, is the namespace or the definition that the manifest waits for. */
export function brings(other: KubeObject, manifest: KubeObject): boolean {
  if (other.kind === 'Namespace') return other.metadata.name === manifest.metadata.namespace;
  const { group, names } = (other['spec'] ?? {}) as { group?: string; names?: { kind?: string } };
  return (
    other.kind === 'CustomResourceDefinition' && names?.kind === manifest.kind && manifest.apiVersion.startsWith(`${group}/`)
  );
}

/** The same API, on which every patch is a dry run. */
function tryOnly(cluster: Cluster): Cluster {
  return {
    ...pick(cluster),
    apply: (object, options) => cluster.apply(object, { ...options, dryRun: true }),
    patch: (ref, body, options) => cluster.patch(ref, body, { ...options, dryRun: true }),
  };
}

function pick(cluster: Cluster): Cluster {
  return {
    server: cluster.server,
    resource: (kind) => cluster.resource(kind),
    get: (ref, signal) => cluster.get(ref, signal),
    list: (kind, options) => cluster.list(kind, options),
    watch: (kind, options, observer) => cluster.watch(kind, options, observer),
    create: (object, options) => cluster.create(object, options),
    apply: (object, options) => cluster.apply(object, options),
    patch: (ref, body, options) => cluster.patch(ref, body, options),
    delete: (ref, options) => cluster.delete(ref, options),
    createToken: (account, options) => cluster.createToken(account, options),
    impersonate: (user) => cluster.impersonate(user),
    close: () => cluster.close(),
  };
}
