import { type ImageUpdateAutomation, releaseAnnotation, requestedAtAnnotation } from '../api/index.ts';
import type { Cluster, KubeObject } from '../core/index.ts';
import { type HeldLine, parseUnreadableLine, releaseToken } from '../hold/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject, findObjects } from './find-objects.ts';
import { holdsOf } from './get-holds.ts';
import { conditionOf, isSuspended, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress, type Progress } from './progress.ts';
import { annotate, requestedNow, waitForRun } from './request-reconcile.ts';
import type { Session } from './session.ts';

export interface ReleaseOrder {
  readonly policy: string;
  /** Only holds that this commit made; abbreviated or in full. */
  readonly commit?: string;
  /** Folders and files where it stays held. */
  readonly except?: readonly string[];
}

/** What a policy waits for and a release lifts: a hold, or history that cannot be read (`by` is null). */
type Waiting = Pick<HeldLine, 'policy' | 'by' | 'because'> & Partial<Pick<HeldLine, 'file'>>;

/** Lifts the holds of a policy on every automation of the namespace, and prints the commits that landed what was held. */
export async function releasePolicy(order: ReleaseOrder, target: ClusterOptions, session: Session): Promise<void> {
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const query = { namespace: target.namespace, allNamespaces: false };
    const automations = await findObjects(cluster, viewOf('ImageUpdateAutomation'), query, session.signal);
    const held = automations.filter((automation) => findWaiting(automation, order).length > 0);
    if (held.length === 0) {
      const policy = { namespace: target.namespace, name: order.policy };
      await findObject(cluster, viewOf('ImagePolicy'), policy, session.signal);
      const by = order.commit === undefined ? '' : ` by ${order.commit}`;
      throw new CliError(
        'NOT_FOUND',
        `nothing of ImagePolicy ${order.policy} is held${by} in "${target.namespace}" namespace; see \`tagalong get holds -n ${target.namespace}\``,
      );
    }
    for (const automation of held)
      await releaseOne(cluster, automation as ImageUpdateAutomation, order, target, session, progress);
  });
}

function findWaiting(automation: KubeObject, { policy, commit, except = [] }: ReleaseOrder): Waiting[] {
  const isAsked = ({ by }: Waiting) =>
    commit === undefined || (by !== null && (commit.startsWith(by.commit) || by.commit.startsWith(commit)));
  const held = holdsOf(automation).flatMap(({ hold }) => (hold === null ? [] : [hold]));
  const isLeft = ({ file }: Waiting) =>
    except.some((path) => file === path || file?.startsWith(`${path.replace(/\/+$/, '')}/`) === true);
  const all = [...held, ...unreadableOf(automation)].filter(({ policy: { name } }) => name === policy);
  return all.filter((waiting) => isAsked(waiting) && !isLeft(waiting));
}

/** Bumps that nobody can say of whether they were taken back. */
function unreadableOf(automation: KubeObject): Waiting[] {
  const guarded = conditionOf(automation, 'Guarded');
  if (guarded?.status !== 'True' || guarded.reason !== 'HistoryUnavailable') return [];
  return guarded.message.split('\n').flatMap((line) => {
    const unreadable = parseUnreadableLine(line);
    return unreadable === null ? [] : [{ ...unreadable, by: null }];
  });
}

async function releaseOne(
  cluster: Cluster,
  automation: ImageUpdateAutomation,
  order: ReleaseOrder,
  { namespace, timeoutMs }: ClusterOptions,
  session: Session,
  progress: Progress,
): Promise<void> {
  const view = viewOf('ImageUpdateAutomation');
  const target = { namespace, name: automation.metadata.name };
  if (isSuspended(automation)) throw new CliError('FAILED', `ImageUpdateAutomation ${target.name}: resource is suspended`);
  const before = automation.status;
  progress.action(`releasing ${order.policy} on ImageUpdateAutomation ${target.name} in ${namespace} namespace`);
  const requestedAt = requestedNow(session.clock.now());
  await annotate(cluster, view, target, {
    [releaseAnnotation]: withTokens(automation, findWaiting(automation, order), order),
    [requestedAtAnnotation]: requestedAt,
  });
  progress.waiting('waiting for ImageUpdateAutomation reconciliation');
  const isOurs = (object: KubeObject) => (object as ImageUpdateAutomation).status?.lastHandledReconcileAt === requestedAt;
  const after = (await waitForRun(cluster, { view, target, timeoutMs }, session, isOurs)) as ImageUpdateAutomation;
  const [still] = findWaiting(after, order);
  if (still !== undefined) throw new CliError('FAILED', `${order.policy} is still held: ${still.because}`);
  const pushed = after.status?.lastPushCommit;
  if (pushed !== undefined && pushed !== before?.lastPushCommit) {
    progress.success(`released, and pushed`);
    session.terminal.answer(pushed);
    return;
  }
  const requests = conditionOf(after, 'RequestsOpen');
  if (requests?.status !== 'True') return progress.success('released; there was nothing to push');
  progress.success('released, and asked for');
  session.terminal.answer(requests.message);
}

/** The annotation with our tokens behind those that are there. */
function withTokens(
  { metadata, status }: ImageUpdateAutomation,
  waiting: readonly Waiting[],
  { policy, commit, except = [] }: ReleaseOrder,
): string {
  const known = (metadata.annotations?.[releaseAnnotation] ?? '').split(',').map((token) => token.trim());
  const longest = (held: string) => (commit !== undefined && commit.length > held.length ? commit : held);
  const added = waiting.map(({ by }) =>
    releaseToken(policy, by === null ? null : longest(by.commit), status?.lastPushCommit, except),
  );
  const bare = new Set(added.map((token) => token.split('~')[0]));
  const others = known.filter((token) => !bare.has(token.split('~')[0]));
  return [...new Set([...others, ...added])].filter((token) => token !== '').join(',');
}
