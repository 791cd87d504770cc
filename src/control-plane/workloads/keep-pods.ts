import type { KubeObject } from '../../core/index.ts';
import { numberAt, objectAt } from '../json/json.ts';
import { createPod, hashTemplate, isActive, isReady } from './pod-template.ts';
import type { WorkloadStore } from './workload-store.ts';

/** Gives a ReplicaSet the pods that it asks for. */
export function keepReplicaSet(store: WorkloadStore, set: KubeObject): void {
  const pods = store.owned('pods', set).filter(isActive);
  const desired = numberAt(set, ['spec', 'replicas'], 1);
  for (let missing = desired - pods.length; missing > 0; missing -= 1) store.create('pods', createPod(set, {}));
  // Pods that do not work go first.
  const surplus = pods.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, Math.max(0, pods.length - desired));
  for (const pod of surplus) store.delete('pods', pod);
  const left = store.owned('pods', set).filter(isActive);
  const ready = left.filter(isReady).length;
  store.writeStatus('replicasets', set, {
    replicas: left.length,
    ...(left.length > 0 && { fullyLabeledReplicas: left.length }),
    ...(ready > 0 && { readyReplicas: ready, availableReplicas: ready }),
    observedGeneration: set.metadata.generation,
  });
}

const revisionLabel = 'controller-revision-hash';

/** Gives a StatefulSet its numbered pods, one after another, and replaces those of an older template from the last to the first. */
export function keepStatefulSet(store: WorkloadStore, set: KubeObject): void {
  const revision = `${set.metadata.name}-${hashTemplate(set)}`;
  const desired = numberAt(set, ['spec', 'replicas'], 1);
  const isOrdered = objectAt(set, 'spec')['podManagementPolicy'] !== 'Parallel';
  const pods = new Map(store.owned('pods', set).map((pod) => [pod.metadata.name, pod]));
  const names = Array.from({ length: desired }, (_, index) => `${set.metadata.name}-${index}`);
  for (const [name, pod] of pods) if (!names.includes(name)) store.delete('pods', pod);
  const isSettled = names.every((name) => isReadyPod(pods.get(name)));
  if (isSettled || !isOrdered) replaceOutdated(store, names, pods, revision);
  else replaceBroken(store, names, pods, revision);
  createMissing(store, set, names, revision, isOrdered);
  writeStatefulStatus(store, set, revision, desired);
}

function isReadyPod(pod: KubeObject | undefined): boolean {
  return pod !== undefined && isReady(pod);
}

function isOutdated(pod: KubeObject | undefined, revision: string): pod is KubeObject {
  return pod !== undefined && pod.metadata.labels?.[revisionLabel] !== revision;
}

function replaceOutdated(
  store: WorkloadStore,
  names: readonly string[],
  pods: ReadonlyMap<string, KubeObject>,
  revision: string,
): void {
  const last = names.toReversed().find((name) => isOutdated(pods.get(name), revision));
  const pod = last === undefined ? undefined : pods.get(last);
  if (pod !== undefined) store.delete('pods', pod);
}

/** A pod that never became ready must not keep its successor from being tried. */
function replaceBroken(
  store: WorkloadStore,
  names: readonly string[],
  pods: ReadonlyMap<string, KubeObject>,
  revision: string,
): void {
  for (const name of names) {
    const pod = pods.get(name);
    if (isOutdated(pod, revision) && !isReady(pod)) store.delete('pods', pod);
  }
}

function createMissing(
  store: WorkloadStore,
  set: KubeObject,
  names: readonly string[],
  revision: string,
  isOrdered: boolean,
): void {
  const { namespace = '' } = set.metadata;
  for (const name of names) {
    const pod = store.find('pods', namespace, name);
    if (pod === null)
      store.create(
        'pods',
        createPod(set, { name, labels: { [revisionLabel]: revision, 'statefulset.kubernetes.io/pod-name': name } }),
      );
    if (isOrdered && !isReadyPod(pod ?? undefined)) return;
  }
}

function writeStatefulStatus(store: WorkloadStore, set: KubeObject, revision: string, desired: number): void {
  const pods = store.owned('pods', set);
  const ready = pods.filter(isReady).length;
  const updated = pods.filter((pod) => !isOutdated(pod, revision)).length;
  const before = objectAt(set, 'status')['currentRevision'];
  const isDone = updated === desired && ready === desired;
  store.writeStatus('statefulsets', set, {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    ...(ready > 0 && { readyReplicas: ready }),
    currentReplicas: isDone ? desired : pods.length - updated,
    updatedReplicas: updated,
    currentRevision: isDone || typeof before !== 'string' ? revision : before,
    updateRevision: revision,
    collisionCount: 0,
    availableReplicas: ready,
  });
}

/** Gives a DaemonSet its pod on the one node that there is. */
export function keepDaemonSet(store: WorkloadStore, set: KubeObject): void {
  const revision = hashTemplate(set);
  for (const pod of store.owned('pods', set)) if (isOutdated(pod, revision)) store.delete('pods', pod);
  if (store.owned('pods', set).length === 0) store.create('pods', createPod(set, { labels: { [revisionLabel]: revision } }));
  const pods = store.owned('pods', set);
  const ready = pods.filter(isReady).length;
  store.writeStatus('daemonsets', set, {
    currentNumberScheduled: pods.length,
    numberMisscheduled: 0,
    desiredNumberScheduled: 1,
    numberReady: ready,
    observedGeneration: set.metadata.generation,
    updatedNumberScheduled: pods.length,
    ...(ready > 0 && { numberAvailable: ready }),
    ...(ready === 0 && { numberUnavailable: 1 }),
  });
}
