import { type ImagePolicy, type ImageUpdateAutomation, matchesSelector, roleAnnotation } from '../api/index.ts';
import { type Cluster, keyOf } from '../core/index.ts';
import { findObjectsIfServed } from './find-objects.ts';
import { conditionOf, viewOf } from './kind-views.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

/** Warns of each automation that would write a policy's answer, and does not at present because somebody stopped it. */
export async function tellStoppedWriters(cluster: Cluster, policy: ImagePolicy, { terminal, signal }: Session): Promise<void> {
  const query = { namespace: policy.metadata.namespace ?? '', allNamespaces: false };
  const automations = await findObjectsIfServed(cluster, viewOf('ImageUpdateAutomation'), query, signal);
  for (const automation of automations as ImageUpdateAutomation[]) {
    const why = describeStop(automation);
    if (why !== null && matchesSelector(policy.metadata.labels ?? {}, automation.spec.policySelector))
      createProgress(terminal).warning(`ImageUpdateAutomation ${keyOf(automation)} ${why}: it writes nothing for this policy`);
  }
}

function describeStop(automation: ImageUpdateAutomation): string | null {
  if (automation.spec.suspend === true) return 'is suspended';
  const paused = conditionOf(automation, 'Paused');
  if (paused?.status === 'True') return `is paused ${paused.message}`;
  return automation.metadata.annotations?.[roleAnnotation] === 'observer' ? 'only observes' : null;
}
