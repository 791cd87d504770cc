import { acceptListingAnnotation, type ImageRepository, requestedAtAnnotation } from '../api/index.ts';
import type { KubeObject } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { conditionOf, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import { annotate, requestedNow, waitForRun } from './request-reconcile.ts';
import type { Session } from './session.ts';

/** Confirms the listing that an ImageRepository does not believe: the one its condition names, and no other. */
export async function confirmListing(
  name: string,
  { namespace, timeoutMs, ...where }: ClusterOptions,
  session: Session,
): Promise<void> {
  const view = viewOf('ImageRepository');
  const target = { namespace, name };
  const progress = createProgress(session.terminal);
  await withCluster({ ...where, namespace, timeoutMs }, session, async (cluster) => {
    const found = await findObject(cluster, view, target, session.signal);
    const doubted = findDoubted(found);
    if (doubted === null) throw new CliError('FAILED', `ImageRepository ${name} waits for no confirmation`);
    progress.warning(doubted.message);
    progress.action(`confirming the listing of ImageRepository ${name} in ${namespace} namespace`);
    const requestedAt = requestedNow(session.clock.now());
    await annotate(cluster, view, target, { [acceptListingAnnotation]: doubted.revision, [requestedAtAnnotation]: requestedAt });
    progress.waiting('waiting for ImageRepository reconciliation');
    const isOurs = (object: KubeObject) => (object as ImageRepository).status?.lastHandledReconcileAt === requestedAt;
    progress.success(view.describeSuccess(await waitForRun(cluster, { view, target, timeoutMs }, session, isOurs)));
  });
}

/** The condition that asks for a confirmation ends with the checksum to confirm with. */
function findDoubted(repository: KubeObject): { revision: string; message: string } | null {
  const ready = conditionOf(repository, 'Ready');
  const revision = /tagalong\.dev\/accept-listing: (\S+)$/.exec(ready?.message ?? '')?.[1];
  return ready?.reason !== 'ListingDistrusted' || revision === undefined ? null : { revision, message: ready.message };
}
