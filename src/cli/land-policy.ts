import { type ImagePolicy, type ImageUpdateAutomation, landAnnotation, requestedAtAnnotation } from '../api/index.ts';
import type { KubeObject } from '../core/index.ts';
import { formatLandings, parseLandings } from '../guard/index.ts';
import { whoAmI } from './ask-bot.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { findObject } from './find-objects.ts';
import { conditionOf, viewOf } from './kind-views.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import { annotate, requestedNow, waitForRun } from './request-reconcile.ts';
import { writersOf } from './request-rollback.ts';
import type { Session } from './session.ts';

export interface LandOrder {
  readonly policy: string;
  readonly reason: string;
}

/** Lets the present pick of a policy land past its guards on every automation that writes it, and prints the commits. */
export async function landPolicy({ policy, reason }: LandOrder, target: ClusterOptions, session: Session): Promise<void> {
  if (reason.trim() === '') throw new CliError('USAGE', '--reason: say why; it stands in the commit');
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const writers = await writersOf(policy, cluster, target, session);
    const where = { namespace: target.namespace, name: policy };
    const picked = (await findObject(cluster, viewOf('ImagePolicy'), where, session.signal)) as ImagePolicy;
    const tag = picked.status?.latestRef?.tag;
    if (tag === undefined) throw new CliError('FAILED', `ImagePolicy ${policy} has picked nothing yet`);
    const by = await whoAmI(cluster, session);
    const landing = { policy, tag, reason: reason.trim(), ...(by === null ? {} : { by }) };
    const view = viewOf('ImageUpdateAutomation');
    for (const automation of writers) {
      const own = { namespace: target.namespace, name: automation.metadata.name };
      progress.action(`landing ${policy} ${tag} on ImageUpdateAutomation ${own.name} in ${own.namespace} namespace`);
      const others = parseLandings(automation.metadata.annotations?.[landAnnotation]).filter((one) => one.policy !== policy);
      const requestedAt = requestedNow(session.clock.now());
      const annotations = { [landAnnotation]: formatLandings([...others, landing]), [requestedAtAnnotation]: requestedAt };
      await annotate(cluster, view, own, annotations);
      const isOurs = (object: KubeObject) => (object as ImageUpdateAutomation).status?.lastHandledReconcileAt === requestedAt;
      const after = (await waitForRun(
        cluster,
        { view, target: own, timeoutMs: target.timeoutMs },
        session,
        isOurs,
      )) as ImageUpdateAutomation;
      const pushed = after.status?.lastPushCommit;
      if (pushed !== undefined && pushed !== automation.status?.lastPushCommit) {
        progress.success(`landed ${policy} ${tag}`);
        session.terminal.answer(pushed);
        continue;
      }
      const held = conditionOf(after, 'Held');
      const why = held?.status === 'True' && held.message.includes(policy) ? `; it is held: ${held.message.split('\n')[0]}` : '';
      progress.success(`there was nothing to push${why}`);
    }
  });
}
