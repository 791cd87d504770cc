import type { KubeObject } from '../core/index.ts';
import { conditionsOf, fieldAt, fieldNumber, fieldText, isTrue } from './health-fields.ts';
import { current, failed, type Health, inProgress } from './health-result.ts';

/** A count that has to reach another; the first that has not is the message. */
type Shortfall = readonly [name: string, actual: number, wanted: number];

const count = (object: KubeObject, field: string) => fieldNumber(object, `status.${field}`, 0);

function shortfall(rows: readonly Shortfall[]): Health | null {
  const short = rows.find(([, actual, wanted]) => actual < wanted);
  return short === undefined ? null : inProgress(`${short[0]}: ${short[1]}/${short[2]}`);
}

function surplus(actual: number, wanted: number): Health | null {
  return actual > wanted ? inProgress(`Pending termination: ${actual - wanted}`) : null;
}

export function deploymentHealth(deployment: KubeObject): Health {
  const conditions = conditionsOf(deployment);
  const progressing = conditions.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded');
  const wanted = fieldNumber(deployment, 'spec.replicas', 1);
  const [replicas, updated] = [count(deployment, 'replicas'), count(deployment, 'updatedReplicas')];
  const [ready, available] = [count(deployment, 'readyReplicas'), count(deployment, 'availableReplicas')];
  const missing =
    shortfall([
      ['replicas', replicas, wanted],
      ['Updated', updated, wanted],
    ]) ??
    surplus(replicas, wanted) ??
    shortfall([
      ['Available', available, updated],
      ['Ready', ready, wanted],
    ]);
  if (missing !== null) return missing;
  // Without a deadline the controller writes no Progressing condition.
  const hasDeadline = fieldNumber(deployment, 'spec.progressDeadlineSeconds', maxInt32) !== maxInt32;
  const hasRolled = progressing !== undefined && isTrue(progressing) && progressing.reason === 'NewReplicaSetAvailable';
  if (hasDeadline && !hasRolled) return inProgress('ReplicaSet not Available');
  if (!conditions.some((condition) => condition.type === 'Available' && isTrue(condition)))
    return inProgress('Deployment not Available');
  return current(`Deployment is available. Replicas: ${replicas}`);
}

const maxInt32 = 2_147_483_647;

export function statefulSetHealth(set: KubeObject): Health {
  if (fieldText(set, 'spec.updateStrategy.type') === 'OnDelete')
    return current('StatefulSet is using the ondelete update strategy');
  const wanted = fieldNumber(set, 'spec.replicas', 1);
  const [replicas, updated] = [count(set, 'replicas'), count(set, 'updatedReplicas')];
  const missing =
    shortfall([
      ['Replicas', replicas, wanted],
      ['Ready', count(set, 'readyReplicas'), wanted],
    ]) ?? surplus(replicas, wanted);
  if (missing !== null) return missing;
  const partition = fieldNumber(set, 'spec.updateStrategy.rollingUpdate.partition', 0);
  if (partition > 0)
    return shortfall([['updated', updated, wanted - partition]]) ?? current(`Partition rollout complete. updated: ${updated}`);
  const behind = shortfall([['current', count(set, 'currentReplicas'), wanted]]);
  if (behind !== null) return behind;
  if (fieldText(set, 'status.currentRevision') !== fieldText(set, 'status.updateRevision'))
    return inProgress('Waiting for updated revision to match current');
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`);
}

export function daemonSetHealth(set: KubeObject): Health {
  if (set.metadata.generation === undefined) return inProgress('Missing .metadata.generation');
  if (fieldAt(set, 'status.observedGeneration') === undefined) return inProgress('Missing .status.observedGeneration');
  const wanted = fieldNumber(set, 'status.desiredNumberScheduled', -1);
  if (wanted === -1) return inProgress('Missing .status.desiredNumberScheduled');
  const missing = shortfall([
    ['Current', count(set, 'currentNumberScheduled'), wanted],
    ['Updated', count(set, 'updatedNumberScheduled'), wanted],
    ['Available', count(set, 'numberAvailable'), wanted],
    ['Ready', count(set, 'numberReady'), wanted],
  ]);
  return missing ?? current(`All replicas scheduled as expected. Replicas: ${wanted}`);
}

export function replicaSetHealth(set: KubeObject): Health {
  if (conditionsOf(set).some((condition) => condition.type === 'ReplicaFailure' && isTrue(condition)))
    return inProgress('Replica Failure condition. Check Pods');
  const wanted = fieldNumber(set, 'spec.replicas', 1);
  const missing = shortfall([
    ['Labelled', count(set, 'fullyLabeledReplicas'), wanted],
    ['Available', count(set, 'availableReplicas'), wanted],
    ['Ready', count(set, 'readyReplicas'), wanted],
  ]);
  return missing ?? surplus(count(set, 'replicas'), wanted) ?? current(`ReplicaSet is available. Replicas: ${wanted}`);
}
