import type { Instant, KubeObject } from '../core/index.ts';
import { conditionsOf, fieldAt, fieldText, isTrue } from './health-fields.ts';
import { current, failed, type Health, inProgress } from './health-result.ts';
import { isMap, type JsonMap } from './json.ts';

/** A pod without a node for longer than this counts as failed. */
const scheduleWindowMs = 15_000;

/** A pod that has ended is Current even if it failed: what matters of a failed one is told by its owner. */
export function podHealth(pod: KubeObject, now: Instant): Health {
  const phase = fieldText(pod, 'status.phase');
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully');
    case 'Failed':
      return current('Pod has completed, but not successfully');
    case 'Running':
      return runningHealth(pod);
    case 'Pending':
      return pendingHealth(pod, now);
    case '':
      return inProgress('Pod phase not available');
    default:
      return { status: 'Unknown', message: `unknown phase ${phase}` };
  }
}

function runningHealth(pod: KubeObject): Health {
  if (conditionsOf(pod).some((condition) => condition.type === 'Ready' && isTrue(condition))) return current('Pod is Ready');
  const looping = crashLoopingContainers(pod);
  if (looping.length > 0) return failed(`Containers in CrashLoop state: ${looping.join(',')}`);
  return inProgress('Pod is running but is not Ready');
}

function pendingHealth(pod: KubeObject, now: Instant): Health {
  const scheduled = conditionsOf(pod).find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return inProgress('Pod is in the Pending phase');
  const since = Date.parse(scheduled.lastTransitionTime);
  return now - since > scheduleWindowMs ? failed('Pod could not be scheduled') : inProgress('Pod has not been scheduled');
}

function crashLoopingContainers(pod: KubeObject): string[] {
  const statuses = [...listAt(pod, 'status.initContainerStatuses'), ...listAt(pod, 'status.containerStatuses')];
  return statuses.filter(isCrashLooping).map((status) => String(status['name']));
}

function isCrashLooping({ state }: JsonMap): boolean {
  const waiting = isMap(state) ? state['waiting'] : undefined;
  return isMap(waiting) && waiting['reason'] === 'CrashLoopBackOff';
}

function listAt(object: KubeObject, path: string): JsonMap[] {
  const list = fieldAt(object, path);
  return Array.isArray(list) ? list.filter(isMap) : [];
}
