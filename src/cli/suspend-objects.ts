import type { Cluster, KubeObject } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { exitCode } from './exit-code.ts';
import { findObject, findObjects, noneFound } from './find-objects.ts';
import { conditionOf, isSuspended, type KindView, viewOf } from './kind-views.ts';
import type { KindWords } from './kind-words.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress, type Progress } from './progress.ts';
import { waitForRun } from './request-reconcile.ts';
import type { Session } from './session.ts';

export interface SwitchOrder {
  readonly kind: KindWords['kind'];
  readonly names: readonly string[];
  /** Of the namespace, in place of names. */
  readonly all: boolean;
}

/** Sets `spec.suspend` on each; those that are suspended already stay as they are. */
export async function suspendObjects(order: SwitchOrder, options: ClusterOptions, session: Session): Promise<void> {
  const view = viewOf(order.kind);
  const progress = createProgress(session.terminal);
  await withCluster(options, session, async (cluster) => {
    for (const { metadata } of await chosen(cluster, view, order, options.namespace, session.signal)) {
      progress.action(`suspending ${view.words.human} ${metadata.name} in ${options.namespace} namespace`);
      await setSuspend(cluster, view, options.namespace, metadata.name, true);
      progress.success(`${view.words.human} suspended`);
    }
  });
}

/** Takes `spec.suspend` away from each, then waits for the run that follows; of several, one that fails does not stop the others. */
export async function resumeObjects(
  order: SwitchOrder & { readonly wait: boolean },
  options: ClusterOptions,
  session: Session,
): Promise<void> {
  const view = viewOf(order.kind);
  const progress = createProgress(session.terminal);
  await withCluster(options, session, async (cluster) => {
    const objects = await chosen(cluster, view, order, options.namespace, session.signal);
    const waiting: KubeObject[] = [];
    for (const { metadata } of objects.filter((object) => !order.all || isSuspended(object))) {
      progress.action(`resuming ${view.words.human} ${metadata.name} in ${options.namespace} namespace`);
      waiting.push(await setSuspend(cluster, view, options.namespace, metadata.name, false));
      progress.success(`${view.words.human} resumed`);
    }
    if (order.wait) for (const resumed of waiting) await waitUntilResumed(cluster, view, resumed, options, session, progress);
  });
}

async function chosen(
  cluster: Cluster,
  view: KindView,
  { names, all }: SwitchOrder,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  if (!all) return Promise.all(names.map((name) => findObject(cluster, view, { namespace, name }, signal)));
  const query = { namespace, allNamespaces: false };
  const objects = await findObjects(cluster, view, query, signal);
  if (objects.length === 0) throw noneFound(view, query);
  return objects;
}

function setSuspend(
  cluster: Cluster,
  { served }: KindView,
  namespace: string,
  name: string,
  suspend: boolean,
): Promise<KubeObject> {
  return cluster.patch({ ...served, namespace, name }, { spec: { suspend } }, { type: 'merge', fieldManager: 'tagalong-cli' });
}

async function waitUntilResumed(
  cluster: Cluster,
  view: KindView,
  { metadata: { name, generation } }: KubeObject,
  { namespace, timeoutMs }: ClusterOptions,
  session: Session,
  progress: Progress,
): Promise<void> {
  const { kind } = view.served;
  progress.waiting(`waiting for ${kind} reconciliation`);
  try {
    const order = { view, target: { namespace, name }, timeoutMs };
    const isOurs = (object: KubeObject) => (conditionOf(object, 'Ready')?.observedGeneration ?? 0) >= (generation ?? 0);
    const done = await waitForRun(cluster, order, session, isOurs);
    progress.success(`${kind} ${name} reconciliation completed`);
    progress.success(view.describeSuccess(done));
  } catch (error) {
    progress.failure(error instanceof Error ? error.message : String(error));
    session.exitCode = exitCode.failed;
  }
}
