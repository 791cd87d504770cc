import type { KubeObject, ObjectMeta } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { findObjects, noneFound } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import type { KindWords } from './kind-words.ts';
import { withCluster } from './open-cluster.ts';
import { formatValue } from './print-objects.ts';
import type { Session } from './session.ts';

export interface ExportOrder {
  readonly kind: KindWords['kind'];
  /** Absent: all. */
  readonly name?: string;
  readonly allNamespaces: boolean;
}

/** Prints a YAML document for each object. */
export async function exportObjects({ kind, ...order }: ExportOrder, target: ClusterOptions, session: Session): Promise<void> {
  const view = viewOf(kind);
  const query = { namespace: target.namespace, ...order };
  await withCluster(target, session, async (cluster) => {
    const objects = await findObjects(cluster, view, query, session.signal);
    if (objects.length === 0) throw noneFound(view, query);
    for (const object of objects) session.terminal.answer(`---\n${formatValue(toCommit(object), 'yaml')}`);
  });
}

/** An object as it stands in git: what somebody wrote, and nothing that the server or a controller added. */
export function toCommit({ apiVersion, kind, metadata, status: _, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels } = metadata;
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !passing.has(key)));
  const kept: ObjectMeta = {
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(labels === undefined ? {} : { labels }),
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  return { apiVersion, kind, metadata: kept, ...rest };
}

/** Annotations that are messages of the moment. */
const passing = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'reconcile.fluxcd.io/requestedAt',
  'reconcile.fluxcd.io/forceAt',
  'reconcile.fluxcd.io/resetAt',
]);
