import { confirmPruneAnnotation, type Kustomization, requestedAtAnnotation } from '../api/index.ts';
import type { KubeObject } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import { annotate, requestedNow, waitForRun } from './request-reconcile.ts';
import type { Session } from './session.ts';

/** Confirms the deletion that a Kustomization waits for: that of the revision and the objects its condition names, and no other. */
export async function confirmPrune(
  name: string,
  { namespace, timeoutMs, ...where }: ClusterOptions,
  session: Session,
): Promise<void> {
  const view = viewOf('Kustomization');
  const target = { namespace, name };
  const progress = createProgress(session.terminal);
  await withCluster({ ...where, namespace, timeoutMs }, session, async (cluster) => {
    const found = (await findObject(cluster, view, target, session.signal)) as Kustomization;
    const waiting = findWaiting(found);
    if (waiting === null) throw new CliError('FAILED', `Kustomization ${name} waits for no confirmation`);
    progress.warning(waiting.message);
    progress.action(`confirming the prune of Kustomization ${name} in ${namespace} namespace`);
    const requestedAt = requestedNow(session.clock.now());
    await annotate(cluster, view, target, { [confirmPruneAnnotation]: waiting.value, [requestedAtAnnotation]: requestedAt });
    progress.waiting('waiting for Kustomization reconciliation');
    const isOurs = (object: KubeObject) => (object as Kustomization).status?.lastHandledReconcileAt === requestedAt;
    progress.success(view.describeSuccess(await waitForRun(cluster, { view, target, timeoutMs }, session, isOurs)));
  });
}

/** The condition that asks for a confirmation ends with the value to confirm with. */
function findWaiting({ status }: Kustomization): { value: string; message: string } | null {
  for (const { reason, message } of status?.conditions ?? []) {
    const value = valuePattern.exec(message)?.[1];
    if (reason === 'PruneUnconfirmed' && value !== undefined) return { value, message };
  }
  return null;
}

const valuePattern = /tagalong\.dev\/confirm-prune: (\S+)$/;
