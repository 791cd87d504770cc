import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** An API server to play the nodes of. */
export interface NodelessCluster {
  readonly url: string;
  readonly token: string;
  readonly caData: string;
}

export interface NodeOptions {
  /** Whether the image can be pulled, asked again while it cannot (a text is what the node says then); every image can, if absent. */
  readonly canPull?: (image: string) => boolean | string | Promise<boolean | string>;
  /** Whether the image ends again and again; none does, if absent. */
  readonly crashes?: (image: string) => boolean;
  /** The digest that the runtime resolves an image to; none, if absent. */
  readonly digestOf?: (image: string) => string;
  /** How long a pod takes from its images to Ready; at once, if absent. */
  readonly startMs?: number;
  readonly pollMs?: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

interface Pod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly creationTimestamp: string;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly restartPolicy?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly { readonly state?: { readonly waiting?: { readonly reason?: string } } }[];
  };
}

interface KubeClient {
  listPods(): Promise<readonly Pod[]>;
  patchStatus(pod: Pod, status: object): Promise<void>;
}

/**
 * Plays the kubelets of a cluster that has none, beside its real controller manager: pods become Running and Ready
 * (those that are not restarted: Succeeded), or wait with ImagePullBackOff while `canPull` says no. It writes nothing
 * but pod status and ends when disposed of; what went wrong meanwhile is thrown then.
 */
export function simulateNodes(cluster: NodelessCluster, options: NodeOptions = {}): AsyncDisposable {
  const ending = new AbortController();
  const agent = new Agent({ connect: { ca: cluster.caData } });
  const client = createClient(cluster, agent);
  const playing = playNodes(client, options, ending.signal);
  playing.catch(() => {}); // reported by the disposal
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await playing.finally(() => agent.destroy());
    },
  };
}

/** Lists rather than watches: every few milliseconds on loopback it costs next to nothing and cannot miss an event. */
async function playNodes(client: KubeClient, options: NodeOptions, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  while (!signal.aborted) {
    try {
      for (const pod of await client.listPods()) await advance(client, pod, options);
      failures.length = 0;
    } catch (error) {
      failures.push(error);
    }
    await sleep(options.pollMs ?? 100, undefined, { signal }).catch(() => {});
  }
  if (failures.length > 10)
    throw new Error('playing the nodes: the API server refused it again and again', { cause: failures.at(-1) });
}

async function advance(client: KubeClient, pod: Pod, options: NodeOptions): Promise<void> {
  const { canPull = () => true, crashes = () => false, digestOf, startMs = 0 } = options;
  if (pod.metadata.deletionTimestamp || (pod.status?.phase ?? 'Pending') !== 'Pending') return;
  for (const { image } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const answer = await canPull(image);
    if (answer === true) continue;
    const cause =
      answer === false ? `code = NotFound desc = failed to resolve reference "${image}": ${image}: not found` : answer;
    if (!isWaiting(pod)) await client.patchStatus(pod, describeWaiting(pod, image, cause));
    return;
  }
  if (Date.now() - Date.parse(pod.metadata.creationTimestamp) < startMs) return;
  const endsByItself = pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure';
  if (pod.spec.containers.some(({ image }) => crashes(image))) return client.patchStatus(pod, describeCrashing(pod, crashes));
  const identify = digestOf === undefined ? undefined : (image: string) => `${image.split('@')[0]}@${digestOf(image)}`;
  await client.patchStatus(pod, endsByItself ? describeSucceeded(pod) : describeRunning(pod, identify));
}

function isWaiting(pod: Pod): boolean {
  return pod.status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'ImagePullBackOff') ?? false;
}

function describeWaiting(pod: Pod, missing: string, cause: string): object {
  const message = `Back-off pulling image "${missing}": ErrImagePull: rpc error: ${cause}`;
  const waiting = { reason: 'ImagePullBackOff', message };
  const statuses = describeContainers(pod.spec.containers, { ready: false, state: { waiting } });
  return { phase: 'Pending', conditions: describeConditions('False', 'ContainersNotReady'), containerStatuses: statuses };
}

/** As a kubelet tells of a container that has ended three times. */
function describeCrashing(pod: Pod, crashes: (image: string) => boolean): object {
  const at = new Date().toISOString();
  const terminated = { exitCode: 1, reason: 'Error', startedAt: at, finishedAt: at };
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' };
  const statuses = pod.spec.containers.map(({ name, image }) =>
    crashes(image)
      ? { name, image, imageID: image, restartCount: 3, ready: false, state: { waiting }, lastState: { terminated } }
      : { name, image, imageID: image, restartCount: 0, ready: true, state: { running: { startedAt: at } } },
  );
  return {
    phase: 'Running',
    startTime: at,
    conditions: describeConditions('False', 'ContainersNotReady'),
    containerStatuses: statuses,
  };
}

function describeRunning(pod: Pod, identify: (image: string) => string = (image) => image): object {
  const startedAt = new Date().toISOString();
  return {
    phase: 'Running',
    startTime: startedAt,
    conditions: describeConditions('True'),
    initContainerStatuses: describeContainers(pod.spec.initContainers ?? [], completed(startedAt)),
    containerStatuses: describeContainers(pod.spec.containers, {
      ready: true,
      started: true,
      state: { running: { startedAt } },
    }).map((status) => ({ ...status, imageID: identify(status.image) })),
  };
}

function describeSucceeded(pod: Pod): object {
  const at = new Date().toISOString();
  return {
    phase: 'Succeeded',
    startTime: at,
    conditions: describeConditions('False', 'PodCompleted'),
    containerStatuses: describeContainers(pod.spec.containers, completed(at)),
  };
}

function completed(at: string): object {
  return { ready: false, state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at } } };
}

function describeConditions(ready: 'True' | 'False', reason?: string): object[] {
  const since = { lastTransitionTime: new Date().toISOString(), ...(reason && { reason }) };
  return [
    { type: 'Initialized', status: 'True', lastTransitionTime: since.lastTransitionTime },
    { type: 'ContainersReady', status: ready, ...since },
    { type: 'Ready', status: ready, ...since },
  ];
}

function describeContainers(
  containers: readonly Container[],
  status: object,
): { readonly name: string; readonly image: string }[] {
  return containers.map(({ name, image }) => ({ name, image, imageID: image, restartCount: 0, ...status }));
}

function createClient({ url, token }: NodelessCluster, agent: Agent): KubeClient {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'simulated-nodes' };
  return {
    listPods: async () => {
      const answer = await request(`${url}/api/v1/pods?fieldSelector=status.phase%3DPending`, { dispatcher: agent, headers });
      if (answer.statusCode !== 200) throw new Error(`listing pods: answered ${answer.statusCode} ${await answer.body.text()}`);
      const { items } = (await answer.body.json()) as { readonly items: readonly Pod[] };
      return items;
    },
    patchStatus: async ({ metadata: { namespace, name } }, status) => {
      const answer = await request(`${url}/api/v1/namespaces/${namespace}/pods/${name}/status`, {
        method: 'PATCH',
        dispatcher: agent,
        headers: { ...headers, 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ status }),
      });
      const text = await answer.body.text();
      const isGone = answer.statusCode === 404 || answer.statusCode === 409;
      if (answer.statusCode !== 200 && !isGone)
        throw new Error(`patching the status of pod ${namespace}/${name}: ${answer.statusCode} ${text}`);
    },
  };
}
