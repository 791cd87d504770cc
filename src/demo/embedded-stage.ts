import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { customResourceDefinitions } from '../api/index.ts';
import type { App } from '../app/index.ts';
import { createCluster } from '../cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/index.ts';
import type { Clock, Log } from '../core/index.ts';
import { type GitHost, type SandboxRegistry, startGitHost, startSandboxRegistry } from '../sandbox/index.ts';
import { seedRepository, startOnPolicies } from './set-stage.ts';
import type { Stage } from './stage.ts';

export interface EmbeddedStage extends Stage, AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly registry: SandboxRegistry;
  readonly gitHost: GitHost;
  readonly app: App;
  readonly folder: string;
}

/** Starts a control plane, a registry, a git host and the app on loopback, with the sample repository pushed and the policies applied. */
export async function startEmbeddedStage({ clock, log }: { clock: Clock; log: Log }): Promise<EmbeddedStage> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-demo-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startSandboxRegistry());
  const gitHost = stack.use(await startGitHost({ folder: join(folder, 'git') }));
  const addresses = { gitUrl: gitHost.baseUrl, registryHost: registry.host };
  await gitHost.createRepository('sample');
  const clone = await seedRepository(gitHost.url('sample'), folder, addresses);
  await registry.pushTag('web', '1.0.0');
  const controlPlane = stack.use(await startPlane(folder, registry, { clock, log }));
  const connect = (userAgent: string) =>
    createCluster({ kubeconfig: { yaml: controlPlane.kubeconfigYaml }, userAgent, clock, log });
  const cluster = await connect('demo');
  stack.defer(() => cluster.close());
  const home = await connect('tagalong');
  stack.defer(() => home.close());
  const app = await startOnPolicies(home, folder, addresses, { clock, log });
  stack.defer(() => app.stop());
  const resources = stack.move();
  return {
    ...{ controlPlane, registry, gitHost, app, folder, cluster, clone, registryHost: registry.host },
    pushImage: async (tag) => void (await registry.pushTag('web', tag)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
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
