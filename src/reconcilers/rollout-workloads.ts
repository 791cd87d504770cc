import type { Kustomization } from '../api/index.ts';
import { ownerSelector, refOfEntry } from '../apply/index.ts';
import { type Cluster, errorMessage, type KubeObject, nameOf, type ObjectRef } from '../core/index.ts';
import { isSameRepository, type Pod, parseImageText } from '../rollout/index.ts';
import { concurrently } from './concurrently.ts';
import { workloadKinds } from './rollout-deps.ts';

/** The workloads of a Kustomization, as they are in its cluster. */
export interface FoundWorkloads {
  readonly workloads: readonly KubeObject[];
  /** Why some could not be looked at. */
  readonly problem: string | null;
}

/** Those of its inventory whose pods have a container of this image, at any tag; a list per kind and namespace, not a request per object. */
export async function findWorkloads(
  kustomization: Kustomization,
  imageName: string,
  { cluster, signal }: { readonly cluster: Cluster; readonly signal: AbortSignal },
): Promise<FoundWorkloads> {
  const refs = inventoryWorkloads(kustomization);
  const labelSelector = ownerSelector(nameOf(kustomization));
  const groups = [...Map.groupBy(refs, ({ group, kind, namespace = '' }) => `${group}/${kind}/${namespace}`).values()];
  const found = await concurrently(groups, 4, async (group) => {
    const [{ namespace = '', ...kind } = missing] = group;
    const names = new Set(group.map(({ name }) => name));
    const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
    try {
      const { items } = await cluster.list(gvk, { namespace, labelSelector, signal });
      return { items: items.filter(({ metadata }) => names.has(metadata.name)), problem: null };
    } catch (error) {
      signal.throwIfAborted();
      return { items: [], problem: `listing ${kind.kind}s in ${namespace}: ${errorMessage(error)}` };
    }
  });
  const workloads = found
    .flatMap(({ items }) => items)
    .filter((workload) => imagesOf(workload).some((image) => runs(image, imageName)));
  return { workloads, problem: found.map(({ problem }) => problem).find((one) => one !== null) ?? null };
}

const missing: ObjectRef = { group: '', version: '', kind: '', name: '' };

function inventoryWorkloads({ status }: Kustomization): ObjectRef[] {
  return (status?.inventory?.entries ?? []).flatMap((entry) => {
    const ref = refOfEntry(entry);
    const known = workloadKinds.find(({ group, kind }) => ref?.group === group && ref.kind === kind);
    return ref === null || known === undefined ? [] : [{ ...ref, version: known.version }];
  });
}

function runs(image: string, name: string): boolean {
  return isSameRepository(parseImageText(image).name, name);
}

interface PodSpec {
  readonly containers?: readonly { readonly image?: string }[];
  readonly initContainers?: readonly { readonly image?: string }[];
}

/** The images of its pod template; of a Pod, its own. */
export function imagesOf(workload: KubeObject): string[] {
  const spec = podSpecOf(workload);
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ image }) =>
    image === undefined ? [] : [image],
  );
}

function podSpecOf(workload: KubeObject): PodSpec | undefined {
  if (workload.kind === 'Pod') return workload['spec'] as PodSpec | undefined;
  const spec = workload['spec'] as
    | { template?: { spec?: PodSpec }; jobTemplate?: { spec?: { template?: { spec?: PodSpec } } } }
    | undefined;
  return spec?.template?.spec ?? spec?.jobTemplate?.spec?.template?.spec;
}

/** The pods that belong to a workload, found by its selector. */
export async function findPods(
  workload: KubeObject,
  { cluster, signal }: { readonly cluster: Cluster; readonly signal: AbortSignal },
): Promise<Pod[]> {
  if (workload.kind === 'Pod') return [workload as Pod];
  const labelSelector = podSelector(workload);
  if (labelSelector === null) return [];
  const { namespace = '' } = workload.metadata;
  const { items } = await cluster.list({ group: '', version: 'v1', kind: 'Pod' }, { namespace, labelSelector, signal });
  return items as Pod[];
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

/** As the API takes it in a query; null where the workload selects no pods by labels. */
export function podSelector(workload: KubeObject): string | null {
  const selector = (workload['spec'] as { selector?: Selector } | undefined)?.selector;
  if (selector === undefined) return null;
  const isPlain = workload.kind === 'ReplicationController';
  const labels = (isPlain ? (selector as Readonly<Record<string, string>>) : selector.matchLabels) ?? {};
  const terms = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of isPlain ? [] : (selector.matchExpressions ?? [])) {
    if (operator === 'Exists') terms.push(key);
    else if (operator === 'DoesNotExist') terms.push(`!${key}`);
    else terms.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`);
  }
  return terms.length === 0 ? null : terms.join(',');
}
