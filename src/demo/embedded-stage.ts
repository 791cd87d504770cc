import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customResourceDefinitions } from '../api/index.ts';
import { type App, createApp } from '../app.ts';
import { createCluster } from '../cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/index.ts';
import { type Clock, type Cluster, type Log, TagalongError } from '../core/index.ts';
import { createPoliciesSync, describeProblems } from '../policies/index.ts';
import { type GitHost, type SandboxRegistry, startGitHost, startSandboxRegistry } from '../sandbox/index.ts';
import { copySample, samplePolicies, sampleRepository } from './sample-files.ts';
import type { Stage } from './stage.ts';
import { cloneWorkTree } from './work-tree.ts';

export interface EmbeddedStage extends Stage, AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly registry: SandboxRegistry;
  readonly gitHost: GitHost;
  readonly app: App;
  readonly folder: string;
}

const person = { name: 'Demo Operator', email: 'operator@sandbox.example' };

/** Starts a control plane, a registry, a git host and the app on loopback, with the sample repository pushed and the policies applied. */
export async function startEmbeddedStage({ clock, log }: { clock: Clock; log: Log }): Promise<EmbeddedStage> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-demo-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startSandboxRegistry());
  const gitHost = stack.use(await startGitHost({ folder: join(folder, 'git') }));
  const addresses = { gitUrl: gitHost.baseUrl, registryHost: registry.host };
  const clone = await seedRepository(gitHost, folder, addresses);
  await registry.pushTag('web', '1.0.0');
  const controlPlane = stack.use(await startPlane(folder, registry, { clock, log }));
  const connect = (userAgent: string) =>
    createCluster({ kubeconfig: { yaml: controlPlane.kubeconfigYaml }, userAgent, clock, log });
  const cluster = await connect('demo');
  stack.defer(() => cluster.close());
  const app = await startApp(await connect('tagalong'), join(folder, 'state'), { clock, log });
  stack.defer(() => app.stop());
  await applyPolicies(cluster, folder, addresses, app, log);
  const resources = stack.move();
  return {
    ...{ controlPlane, registry, gitHost, app, folder, cluster, clone, registryHost: registry.host },
    pushImage: async (tag) => void (await registry.pushTag('web', tag)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function seedRepository(gitHost: GitHost, folder: string, addresses: Parameters<typeof copySample>[2]) {
  await gitHost.createRepository('sample');
  const clone = await cloneWorkTree(gitHost.url('sample'), join(folder, 'clone'), person);
  await copySample(sampleRepository, clone.folder, addresses);
  await clone.commitAndPush('Web 1.0.0');
  return clone;
}

async function startPlane(
  folder: string,
  registry: SandboxRegistry,
  { clock, log }: { clock: Clock; log: Log },
): Promise<ControlPlane> {
  const stateFolder = join(folder, 'control-plane');
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const canPull = (image: string) => registry.hasTag(...splitImage(image));
  return startControlPlane({
    stateFolder,
    customResourceDefinitions: customResourceDefinitions(),
    clock,
    log,
    simulateWorkloads: { canPull },
  });
}

/** `host:port/web:1.0.0` → repository and tag. */
function splitImage(image: string): [string, string] {
  const path = image.slice(image.indexOf('/') + 1);
  const colon = path.lastIndexOf(':');
  return colon < 0 ? [path, 'latest'] : [path.slice(0, colon), path.slice(colon + 1)];
}

async function startApp(home: Cluster, stateFolder: string, { clock, log }: { clock: Clock; log: Log }): Promise<App> {
  const app = await createApp({ home, target: home, stateFolder, clock, log });
  await app.start();
  return app;
}

async function applyPolicies(
  cluster: Cluster,
  folder: string,
  addresses: Parameters<typeof copySample>[2],
  app: App,
  log: Log,
): Promise<void> {
  const policies = join(folder, 'policies');
  await copySample(samplePolicies, policies, addresses);
  const { problems } = await createPoliciesSync({ folder: policies, cluster, store: app.store, log }).sync();
  if (problems.length > 0) throw new TagalongError('POLICIES', describeProblems(problems), { retry: 'never' });
}
