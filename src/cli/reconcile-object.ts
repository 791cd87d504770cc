import type { Kustomization } from '../api/index.ts';
import type { Cluster, NamespacedName } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import type { KindWords } from './kind-words.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import { requestReconcile } from './request-reconcile.ts';
import type { Session } from './session.ts';

/** `reconcile KIND NAME`, with the source of a Kustomization before it if that is asked for. */
export async function reconcileObject(
  { kind, name, withSource }: { readonly kind: KindWords['kind']; readonly name: string; readonly withSource: boolean },
  { namespace, timeoutMs, ...where }: ClusterOptions,
  session: Session,
): Promise<void> {
  const progress = createProgress(session.terminal);
  const target = { namespace, name };
  await withCluster({ ...where, namespace, timeoutMs }, session, async (cluster) => {
    if (withSource) {
      const source = await sourceOf(cluster, target, session.signal);
      await requestReconcile(cluster, { view: viewOf(source.kind), target: source, timeoutMs }, session, progress);
    }
    await requestReconcile(cluster, { view: viewOf(kind), target, timeoutMs }, session, progress);
  });
}

async function sourceOf(
  cluster: Cluster,
  target: NamespacedName,
  signal: AbortSignal,
): Promise<NamespacedName & { readonly kind: KindWords['kind'] }> {
  const found = (await findObject(cluster, viewOf('Kustomization'), target, signal)) as Kustomization;
  const { kind, namespace, name } = found.spec.sourceRef;
  if (kind === 'ExternalArtifact')
    throw new CliError(
      'FAILED',
      `the source of Kustomization ${target.name} is of kind ${kind}, which cannot be reconciled here`,
    );
  return { kind, namespace: namespace ?? target.namespace, name };
}
