import { createHash } from 'node:crypto';
import { formatTime, type KubeObject, type Log } from '../../core/index.ts';
import { isObject, listAt, objectAt, textAt } from '../json/json.ts';
import type { CanPull, SimulatedImages } from './simulate-workloads.ts';
import type { WorkloadStore } from './workload-store.ts';

/** How long a pod waits before it asks for its image again, at first and at most. */
const retryMs = { first: 500, most: 10_000 };

/** Plays the node: pods start if their images can be pulled, and wait with ImagePullBackOff while they cannot. Returns a function that ends it. */
export function runPods(store: WorkloadStore, { canPull, digestOf }: SimulatedImages, log: Log): () => void {
  const { storage } = store.type('pods');
  const cancels = new Map<string, () => void>();
  let isStopped = false;

  const tryPod = async (namespace: string, name: string, uid: string, waitMs: number): Promise<void> => {
    const pod = store.find('pods', namespace, name);
    if (isStopped || pod === null || pod.metadata.uid !== uid || pod.metadata.deletionTimestamp !== undefined) return;
    const missing = await findMissing(pod, canPull);
    const current = store.find('pods', namespace, name);
    if (isStopped || current === null || current.metadata.uid !== uid) return;
    const now = formatTime(store.api.clock.now());
    if (missing === null)
      return store.writeStatus(
        'pods',
        current,
        endsByItself(current) ? describeSucceeded(current, now) : describeRunning(current, now, digestOf),
      );
    store.writeStatus('pods', current, describeWaiting(current, missing, now));
    schedule(namespace, name, uid, waitMs);
  };
  const schedule = (namespace: string, name: string, uid: string, waitMs: number) => {
    const next = Math.min(2 * waitMs, retryMs.most);
    cancels.set(
      uid,
      store.api.clock.schedule(waitMs, () => start(namespace, name, uid, next)),
    );
  };
  const start = (namespace: string, name: string, uid: string, waitMs: number) => {
    cancels.delete(uid);
    tryPod(namespace, name, uid, waitMs).catch((error: unknown) => {
      log.warn('simulated pod failed', { namespace, name, error: String(error) });
      if (!isStopped) schedule(namespace, name, uid, waitMs);
    });
  };
  const unsubscribe = store.api.table.subscribe(storage, ({ type, object }) => {
    const { namespace = '', name, uid = '' } = object.metadata;
    if (type === 'ADDED') start(namespace, name, uid, retryMs.first);
    else if (type === 'DELETED') {
      cancels.get(uid)?.();
      cancels.delete(uid);
    }
  });
  for (const pod of store.api.table.list(storage)) {
    const { namespace = '', name, uid = '' } = pod.metadata;
    if (textAt(pod, 'status', 'phase') === 'Pending') start(namespace, name, uid, retryMs.first);
  }
  return () => {
    isStopped = true;
    unsubscribe();
    for (const cancel of cancels.values()) cancel();
  };
}

interface FailedPull {
  readonly image: string;
  /** As a kubelet of today words it. */
  readonly message: string;
}

async function findMissing(pod: KubeObject, canPull: CanPull): Promise<FailedPull | null> {
  const images = new Set(
    [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')].map((container) =>
      textAt(container, 'image'),
    ),
  );
  for (const image of images) {
    const answer = await canPull(image);
    if (answer === true) continue;
    const cause =
      answer === false ? `code = NotFound desc = failed to resolve reference "${image}": ${image}: not found` : answer;
    return { image, message: `Back-off pulling image "${image}": ErrImagePull: rpc error: ${cause}` };
  }
  return null;
}

function endsByItself(pod: KubeObject): boolean {
  return textAt(pod, 'spec', 'restartPolicy') !== 'Always';
}

function addressOf(pod: KubeObject): string {
  const digest = createHash('sha256')
    .update(pod.metadata.uid ?? '')
    .digest();
  return `10.244.${digest[0] ?? 0}.${(digest[1] ?? 0) % 254 || 1}`;
}

function describeRunning(pod: KubeObject, now: string, digestOf: SimulatedImages['digestOf']): object {
  const address = addressOf(pod);
  return {
    phase: 'Running',
    conditions: describeConditions('True', now),
    hostIP: '127.0.0.1',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: now,
    ...initStatuses(pod, now),
    containerStatuses: describeContainers(pod, 'containers', {
      ready: true,
      started: true,
      state: { running: { startedAt: now } },
    }).map((status) => ({ ...status, ...resolved(status, digestOf) })),
    qosClass: 'BestEffort',
  };
}

function describeSucceeded(pod: KubeObject, now: string): object {
  return {
    phase: 'Succeeded',
    conditions: describeConditions('False', now, 'PodCompleted'),
    hostIP: '127.0.0.1',
    startTime: now,
    ...initStatuses(pod, now),
    containerStatuses: describeContainers(pod, 'containers', ended(now)),
    qosClass: 'BestEffort',
  };
}

function describeWaiting(pod: KubeObject, missing: FailedPull, now: string): object {
  const statuses = listAt(pod, 'spec', 'containers')
    .filter(isObject)
    .map((container) => {
      const image = textAt(container, 'image');
      const waiting =
        image === missing.image ? { reason: 'ImagePullBackOff', message: missing.message } : { reason: 'ContainerCreating' };
      return { name: container['name'], image, imageID: '', ready: false, started: false, restartCount: 0, state: { waiting } };
    });
  const startTime = textAt(pod, 'status', 'startTime') || now;
  const since = listAt(pod, 'status', 'conditions').map((condition) => textAt(condition, 'lastTransitionTime'))[0] || now;
  return {
    phase: 'Pending',
    conditions: describeConditions('False', since, 'ContainersNotReady'),
    hostIP: '127.0.0.1',
    startTime,
    containerStatuses: statuses,
    qosClass: 'BestEffort',
  };
}

function ended(now: string): object {
  return {
    ready: false,
    started: false,
    state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now } },
  };
}

function initStatuses(pod: KubeObject, now: string): object {
  const statuses = describeContainers(pod, 'initContainers', { ...ended(now), ready: true });
  return statuses.length > 0 ? { initContainerStatuses: statuses } : {};
}

/** As a runtime writes it: the name with the digest in place of the tag. */
function resolved(status: object, digestOf: SimulatedImages['digestOf']): object {
  const image = textAt(status, 'image');
  const digest = digestOf?.(image) ?? null;
  return digest === null ? {} : { imageID: `${image.split('@')[0]?.replace(/:[^/:]*$/, '')}@${digest}` };
}

function describeContainers(pod: KubeObject, field: 'containers' | 'initContainers', status: object): object[] {
  return listAt(pod, 'spec', field).map((container) => {
    const { name, image } = objectAt(container);
    return { name, image, imageID: String(image), restartCount: 0, ...status };
  });
}

function describeConditions(ready: 'True' | 'False', now: string, reason?: string): object[] {
  const own = { status: ready, lastTransitionTime: now, ...(reason !== undefined && { reason }) };
  return [
    { type: 'PodScheduled', status: 'True', lastTransitionTime: now },
    { type: 'Initialized', status: 'True', lastTransitionTime: now },
    { type: 'ContainersReady', ...own },
    { type: 'Ready', ...own },
  ];
}
