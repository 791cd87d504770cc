import type { ImageUpdateAutomation } from '../api/index.ts';
import type { Cluster } from '../core/index.ts';
import { standingOf } from '../engine/index.ts';
import type { RollbackRequest } from '../rollout/index.ts';
import { askBot } from './ask-bot.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject, findObjects } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

export type RollbackOrder = Pick<RollbackRequest, 'policy' | 'to' | 'path' | 'reason'>;

/** Has every automation that writes the policy take it back, and prints the commits and the files they touch. */
export async function requestRollback(order: RollbackOrder, target: ClusterOptions, session: Session): Promise<void> {
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const automations = await writersOf(order.policy, cluster, target, session);
    const view = viewOf('ImageUpdateAutomation');
    for (const { metadata } of automations) {
      const where = { namespace: target.namespace, name: metadata.name };
      progress.action(`asking ImageUpdateAutomation ${where.name} in ${where.namespace} namespace to roll back ${order.policy}`);
      const wish = { ...order, do: 'rollback' as const };
      const answer = await askBot(cluster, { view, target: where, timeoutMs: target.timeoutMs }, wish, session);
      progress.success(
        `${answer.message}; what was left is held until a newer tag appears, or \`tagalong release ${order.policy}\``,
      );
      session.terminal.answer([answer.commit ?? '', ...(answer.files ?? []).map((file) => `  ${file}`)].join('\n'));
    }
  });
}

/** The automations of the namespace that write what the policy picks. */
export async function writersOf(
  policy: string,
  cluster: Cluster,
  { namespace }: ClusterOptions,
  session: Session,
): Promise<ImageUpdateAutomation[]> {
  await findObject(cluster, viewOf('ImagePolicy'), { namespace, name: policy }, session.signal);
  const query = { namespace, allNamespaces: false };
  const all = (await findObjects(cluster, viewOf('ImageUpdateAutomation'), query, session.signal)) as ImageUpdateAutomation[];
  const writers = all.filter(({ status }) => status?.observedPolicies?.[policy] !== undefined);
  if (writers.length === 0)
    throw new CliError(
      'NOT_FOUND',
      `no ImageUpdateAutomation in "${namespace}" namespace writes what ImagePolicy ${policy} picks`,
    );
  const stopped = writers.find((one) => standingOf(one, session.clock.now()).kind !== 'acts');
  if (stopped !== undefined)
    throw new CliError(
      'FAILED',
      `ImageUpdateAutomation ${stopped.metadata.name} is suspended, paused or only observes; let it write first`,
    );
  return writers;
}
