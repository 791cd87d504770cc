import { formatTime, type Instant, type KubeObject } from '../../core/index.ts';
import { isObject, listAt, numberAt, objectAt, textAt } from '../json/json.ts';

export interface DeploymentCounts {
  readonly desired: number;
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly maxUnavailable: number;
  /** The ReplicaSet of the newest template; '' while there is none. */
  readonly newest: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The status of a Deployment, as its controller would write it. */
export function describeDeployment(deployment: KubeObject, counts: DeploymentCounts, now: Instant): Record<string, unknown> {
  const { desired, replicas, updated, ready, available } = counts;
  const before = objectAt(deployment, 'status');
  const isNewer = numberAt(before, ['observedGeneration']) !== deployment.metadata.generation;
  const progressed =
    isNewer ||
    updated > numberAt(before, ['updatedReplicas']) ||
    available > numberAt(before, ['availableReplicas']) ||
    replicas - updated < numberAt(before, ['replicas']) - numberAt(before, ['updatedReplicas']);
  const unavailable = Math.max(0, Math.max(desired, replicas) - available);
  const conditions = [describeAvailable(counts), describeProgress(deployment, counts, progressed, now)];
  const { collisionCount } = before;
  return {
    observedGeneration: deployment.metadata.generation,
    ...(replicas > 0 && { replicas }),
    ...(updated > 0 && { updatedReplicas: updated }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    ...(unavailable > 0 && { unavailableReplicas: unavailable }),
    ...(typeof collisionCount === 'number' && { collisionCount }),
    conditions: conditions.map((condition) => stamp(before, condition, progressed && condition.type === 'Progressing', now)),
  };
}

function describeAvailable({ available, desired, maxUnavailable }: DeploymentCounts): Condition {
  const isAvailable = available >= desired - maxUnavailable;
  return isAvailable
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

export function isComplete({ desired, replicas, updated, available }: DeploymentCounts): boolean {
  return updated === desired && replicas === desired && available === desired;
}

function describeProgress(deployment: KubeObject, counts: DeploymentCounts, progressed: boolean, now: Instant): Condition {
  const { newest } = counts;
  if (objectAt(deployment, 'spec')['paused'] === true)
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  if (isComplete(counts))
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${newest}" has successfully progressed.`,
    };
  const known = findCondition(objectAt(deployment, 'status'), 'Progressing');
  if (!progressed && textAt(known, 'reason') === 'ProgressDeadlineExceeded') return known as unknown as Condition;
  if (!progressed && now >= progressDeadline(deployment))
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${newest}" has timed out progressing.`,
    };
  return { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `ReplicaSet "${newest}" is progressing.` };
}

/** When a Deployment that does not move on is given up. */
export function progressDeadline(deployment: KubeObject): Instant {
  const since = Date.parse(textAt(findCondition(objectAt(deployment, 'status'), 'Progressing'), 'lastUpdateTime'));
  const seconds = numberAt(deployment, ['spec', 'progressDeadlineSeconds'], 600);
  return Number.isNaN(since) ? Number.POSITIVE_INFINITY : since + seconds * 1000;
}

export function findCondition(status: unknown, type: string): Record<string, unknown> | undefined {
  return listAt(status, 'conditions')
    .filter(isObject)
    .find((condition) => condition['type'] === type);
}

function stamp(before: unknown, { type, status, reason, message }: Condition, moved: boolean, now: Instant): object {
  const known = findCondition(before, type);
  const time = formatTime(now);
  const isSame = known?.['reason'] === reason && known['message'] === message && known['status'] === status && !moved;
  const lastTransitionTime = known?.['status'] === status ? known['lastTransitionTime'] : time;
  return { type, status, lastUpdateTime: isSame ? known['lastUpdateTime'] : time, lastTransitionTime, reason, message };
}
