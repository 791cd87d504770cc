import { customResourceDefinitions } from '../../../src/api/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { type KubeObject, silentLog, systemClock } from '../../../src/core/index.ts';
import { judge, type RolloutLoop, type RolloutLoopOptions, startRolloutLoop } from '../../journeys/support/rollout-loop.ts';
import { simulateNodes, startKubeApiServer, waitUntil } from '../../real/index.ts';

export interface RolloutStageOptions extends RolloutLoopOptions {
  /** Images that end again and again, by what they end with. */
  readonly crashing?: ReadonlySet<string>;
}

/** The loop of the rollout journeys on a real kube-apiserver with its controller manager, and a played node. */
export async function startRolloutStage(options: RolloutStageOptions = {}): Promise<RolloutLoop> {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(await startKubeApiServer({ controllerManager: true }));
  await applyDefinitions(api.kubeconfigYaml);
  const broken = options.broken ?? new Map<string, string>();
  const digests = new Map<string, string>();
  const onTag = (repository: string, tag: string, digest: string) => void digests.set(`${repository}:${tag}`, digest);
  const digestOf = (image: string) => digests.get(image.slice(image.indexOf('/') + 1)) ?? 'sha256:0';
  const crashes = (image: string) => [...(options.crashing ?? [])].some((ending) => image.endsWith(ending));
  stack.use(simulateNodes(api, { canPull: (image) => judge(image, broken), crashes, digestOf }));
  const loop = stack.use(await startRolloutLoop({ ...options, broken, api, registry: { onTag } }));
  const resources = stack.move();
  return { ...loop, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function applyDefinitions(yaml: string): Promise<void> {
  const cluster = await createCluster({ kubeconfig: { yaml }, userAgent: 'test', clock: systemClock, log: silentLog });
  try {
    for (const definition of customResourceDefinitions())
      await cluster.apply(definition as unknown as KubeObject, { fieldManager: 'test', force: true });
    for (const { spec } of customResourceDefinitions()) {
      const kind = { group: spec.group, version: spec.versions[0]?.name ?? 'v1', kind: spec.names.kind };
      await waitUntil(`${spec.names.kind} to be served`, async () => (await cluster.resource(kind)) !== null);
    }
  } finally {
    await cluster.close();
  }
}
