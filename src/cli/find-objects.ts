import { ClusterError } from '../cluster/index.ts';
import type { Cluster, KubeObject } from '../core/index.ts';
import { CliError } from './error.ts';
import type { KindView } from './kind-views.ts';
import type { StatusSelector } from './status-selector.ts';

export interface ObjectQuery {
  readonly namespace: string;
  readonly allNamespaces: boolean;
  readonly name?: string;
  readonly labelSelector?: string;
  readonly statusSelector?: StatusSelector;
}

/** The objects of a kind that a query takes, by namespace and name. Throws NOT_FOUND for a name that is not there. */
export async function findObjects(
  cluster: Cluster,
  view: KindView,
  query: ObjectQuery,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const { items } = await cluster.list(view.served, { ...listOptions(query), signal });
  const named = items.filter(({ metadata }) => query.name === undefined || metadata.name === query.name);
  if (query.name !== undefined && named.length === 0) throw notFound(view.served, { ...query, name: query.name });
  return named.filter((object) => query.statusSelector?.(object) ?? true).toSorted(byName);
}

/** The same; none where the server does not know the kind. */
export async function findObjectsIfServed(...asked: Parameters<typeof findObjects>): Promise<KubeObject[]> {
  try {
    return await findObjects(...asked);
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}

/** One object. Throws NOT_FOUND where it is not there. */
export async function findObject(
  cluster: Cluster,
  { served }: Pick<KindView, 'served'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<KubeObject> {
  const object = await cluster.get({ ...served, namespace, name }, signal);
  if (object === null) throw notFound(served, { namespace, name });
  return object;
}

/** `no Kustomization objects found in "flux-system" namespace`. */
export function noneFound({ served }: KindView, { allNamespaces, namespace }: ObjectQuery): CliError {
  return new CliError('NOT_FOUND', `no ${served.kind} objects found in ${describeScope({ allNamespaces, namespace })}`);
}

/** `kustomizations.kustomize.toolkit.fluxcd.io "apps" not found in "flux-system" namespace`: kubectl's words, and where it was looked for. */
export function notFound(
  { plural, group }: { readonly plural: string; readonly group: string },
  {
    name,
    namespace,
    allNamespaces = false,
  }: { readonly name: string; readonly namespace?: string; readonly allNamespaces?: boolean },
): CliError {
  const kind = group === '' ? plural : `${plural}.${group}`;
  const where = namespace === undefined ? '' : ` in ${describeScope({ allNamespaces, namespace })}`;
  return new CliError('NOT_FOUND', `${kind} ${JSON.stringify(name)} not found${where}`);
}

function describeScope({ allNamespaces, namespace }: Pick<ObjectQuery, 'allNamespaces' | 'namespace'>): string {
  return allNamespaces ? 'any namespace' : `"${namespace}" namespace`;
}

export function listOptions({ namespace, allNamespaces, labelSelector }: ObjectQuery) {
  return { ...(allNamespaces ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }) };
}

function byName(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
