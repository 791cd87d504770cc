import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customResourceDefinitions } from '../../../src/api/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../../src/core/index.ts';
import { type Stage, seedRepository, startOnPolicies } from '../../../src/demo/index.ts';
import {
  type KubeApiServer,
  simulateNodes,
  startDockerRegistry,
  startGitHttp,
  startKubeApiServer,
  waitUntil,
} from '../../real/index.ts';

export interface RealStage extends Stage, AsyncDisposable {
  readonly api: KubeApiServer;
}

/** The demo's stage on real parts: kube-apiserver with its controller manager, docker-registry, git http-backend. */
export async function startRealStage(): Promise<RealStage> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-real-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const api = stack.use(await startKubeApiServer({ controllerManager: true }));
  stack.use(simulateNodes(api));
  const registry = stack.use(await startDockerRegistry());
  const git = stack.use(await startGitHttp());
  await git.createRepository('sample');
  await registry.pushTag('web', '1.0.0');
  const addresses = { gitUrl: git.url('sample').replace(/\/sample(\.git)?$/, ''), registryHost: registry.host };
  const clone = await seedRepository(git.url('sample'), folder, addresses);
  const cluster = await connect(api, 'scenes', stack);
  await applyDefinitions(cluster);
  const app = await startOnPolicies(await connect(api, 'tagalong', stack), folder, addresses, {
    clock: systemClock,
    log: silentLog,
  });
  stack.defer(() => app.stop());
  const resources = stack.move();
  return {
    ...{ api, cluster, clone, registryHost: registry.host },
    pushImage: async (tag) => void (await registry.pushTag('web', tag)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function connect(api: KubeApiServer, userAgent: string, stack: AsyncDisposableStack): Promise<Cluster> {
  const cluster = await createCluster({
    kubeconfig: { yaml: api.kubeconfigYaml },
    userAgent,
    clock: systemClock,
    log: silentLog,
  });
  stack.defer(() => cluster.close());
  return cluster;
}

async function applyDefinitions(cluster: Cluster): Promise<void> {
  for (const definition of customResourceDefinitions()) {
    await cluster.apply(definition as unknown as KubeObject, { fieldManager: 'test', force: true });
    await waitUntil(`${definition.metadata.name} to be served`, async () => {
      const found = await cluster.get({
        group: 'apiextensions.k8s.io',
        version: 'v1',
        kind: 'CustomResourceDefinition',
        name: definition.metadata.name,
      });
      const conditions = (found?.['status'] as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? [];
      return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
    });
  }
}
