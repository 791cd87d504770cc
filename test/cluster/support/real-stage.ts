import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customResourceDefinitions } from '../../../src/api/index.ts';
import { createApp } from '../../../src/app/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../../src/core/index.ts';
import { applySamplePolicies, type Stage, seedRepository, startOnPolicies } from '../../../src/demo/index.ts';
import { createLeases } from '../../../src/lease/index.ts';
import { describeRight, findMissingRights, requiredRights } from '../../../src/rights/index.ts';
import { createFileStore } from '../../../src/state/index.ts';
import {
  type KubeApiServer,
  simulateNodes,
  startDockerRegistry,
  startGitHttp,
  startKubeApiServer,
  waitUntil,
} from '../../real/index.ts';
import { applyFolder, installDefinitions, tokenOf, type Way, ways } from './install.ts';

export interface RealStage extends Stage, AsyncDisposable {
  readonly api: KubeApiServer;
}

export interface RealStageOptions {
  /** Installs that folder of `deploy/` and runs the app with the rights of its accounts alone, Leases included; absent = as the administrator. */
  readonly installed?: Way;
}

/** The demo's stage on real parts: kube-apiserver with its controller manager, docker-registry, git http-backend. */
export async function startRealStage({ installed }: RealStageOptions = {}): Promise<RealStage> {
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
  if (installed === undefined) {
    await applyDefinitions(cluster);
    const app = await startOnPolicies(await connect(api, 'tagalong', stack), folder, addresses, parts);
    stack.defer(() => app.stop());
  } else {
    await startInstalled(installed, { api, folder, stack });
    const store = createFileStore(join(folder, 'policies-state'));
    await applySamplePolicies({ cluster, store, log: silentLog }, folder, addresses);
  }
  const resources = stack.move();
  return {
    ...{ api, cluster, clone, registryHost: registry.host },
    pushImage: async (tag) => void (await registry.pushTag('web', tag)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const parts = { clock: systemClock, log: silentLog };

interface Ground {
  readonly api: KubeApiServer;
  readonly folder: string;
  readonly stack: AsyncDisposableStack;
}

/** One app for each Deployment that the folder has, with its account's token, as `tagalong run` would in its pod. */
async function startInstalled(way: Way, { api, folder, stack }: Ground): Promise<void> {
  await installDefinitions(api);
  await applyFolder(api, way);
  for (const { account, controllers } of ways[way]) {
    const kubeconfig = api.kubeconfigWith(await tokenOf(api, account));
    const home = await connect(api, account, stack, kubeconfig);
    const place = { namespace: 'flux-system', identity: account };
    const leases = createLeases({ ...parts, ...place, cluster: home, groups: controllers });
    stack.defer(() => leases.release());
    const missing = await findMissingRights(home, requiredRights({ controllers, leaseNamespace: place.namespace }));
    if (missing.length > 0) throw new Error(`${account} lacks: ${missing.map(describeRight).join('; ')}`);
    const self = { namespace: place.namespace, deployment: account };
    const app = await createApp({
      ...{ ...parts, home, target: home, stateFolder: join(folder, account), controllers, leases, self },
      allowLoopback: true, // the registry and the git host of the stage are here
    });
    stack.defer(() => app.stop());
    leases.start();
    await app.start();
  }
}

async function connect(
  api: KubeApiServer,
  userAgent: string,
  stack: AsyncDisposableStack,
  kubeconfig = api.kubeconfigYaml,
): Promise<Cluster> {
  const cluster = await createCluster({
    kubeconfig: { yaml: kubeconfig },
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
