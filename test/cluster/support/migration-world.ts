import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { createCluster } from '../../../src/cluster/index.ts';
import { type Cluster, type KubeObject, type ObjectRef, silentLog, systemClock } from '../../../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../../../src/demo/index.ts';
import { type SandboxRegistry, startSandboxRegistry } from '../../../src/sandbox/index.ts';
import {
  type GitHttp,
  type KubeApiServer,
  simulateNodes,
  startGitHttp,
  startKubeApiServer,
  waitUntil,
} from '../../real/index.ts';
import { createTemporaryFolder } from '../../real/temporary-folder.ts';
import { bootstrapFiles, type FluxInstallation, startFluxInstallation } from './flux-installation.ts';
import { kubectl } from './install.ts';
import { type PlayedBot, playBot } from './played-bot.ts';

const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const execute = promisify(execFile);
const slow = { timeoutMs: 90_000 };

/** What a command printed and ended with. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster that real Flux controllers keep, as `flux bootstrap` left it, with one application whose image they update. */
export interface MigrationWorld extends AsyncDisposable {
  readonly api: KubeApiServer;
  readonly cluster: Cluster;
  readonly git: GitHttp;
  readonly registry: SandboxRegistry;
  readonly person: WorkTree;
  readonly flux: FluxInstallation;
  readonly folder: string;
  /** Runs the program to its end, known to the API server as `user`; null: without a cluster. */
  tagalong(user: User | null, ...args: readonly string[]): Promise<Ran>;
  /** The pod of tagalong, once its Deployment is there. */
  readonly bot: PlayedBot;
  /** Pushes a tag and waits until it runs. */
  bump(tag: string): Promise<void>;
  untilRunning(tag: string): Promise<void>;
  /** Waits until the Kustomization has applied the head of the branch. */
  untilApplied(name: string): Promise<void>;
  get(ref: ObjectRef): Promise<KubeObject>;
}

const users = ['observer', 'tagalong'] as const;
type User = (typeof users)[number];

export async function startMigrationWorld(): Promise<MigrationWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('migration')).path;
  const known = users.map((name) => ({ name, token: `token-of-${name}`, groups: ['system:masters'] }));
  const api = stack.use(await startKubeApiServer({ users: known, controllerManager: true }));
  stack.use(simulateNodes(api));
  const registry = stack.use(await startSandboxRegistry());
  await registry.pushTag('web', '1.0.0');
  const git = stack.use(await startGitHttp());
  await git.createRepository('fleet');
  const url = git.url('fleet');
  const person = await cloneWorkTree(url, join(folder, 'fleet'), { name: 'Ann', email: 'ann@example.com' });
  for (const [path, text] of Object.entries({ ...(await bootstrapFiles(url)), ...applicationFiles(registry.host) })) {
    await mkdir(dirname(join(person.folder, path)), { recursive: true });
    await writeFile(join(person.folder, path), text);
  }
  await person.commitAndPush('Start');
  const options = { userAgent: 'test', clock: systemClock, log: silentLog };
  const cluster = await createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, ...options });
  stack.defer(() => cluster.close());
  for (const name of users) await writeFile(join(folder, name), api.kubeconfigWith(`token-of-${name}`), { mode: 0o600 });
  const run = (...args: readonly string[]) => kubectl(api, ...args);
  const flux = stack.use(await startFluxInstallation(api, cluster, run, join(person.folder, 'clusters/prod/flux-system')));
  const bot = stack.use(playBot(api, cluster, folder));
  const parts = stack.move();
  const get = async (ref: ObjectRef) => {
    const found = await cluster.get(ref);
    if (found === null) throw new Error(`${ref.kind} ${ref.name} is not there`);
    return found;
  };
  const world: MigrationWorld = {
    ...{ api, cluster, git, registry, person, flux, bot, folder, get },
    tagalong: (user, ...args) => runProgram([...args, ...(user === null ? [] : ['--kubeconfig', join(folder, user)])]),
    async bump(tag) {
      await registry.pushTag('web', tag);
      await world.untilRunning(tag);
    },
    async untilRunning(tag) {
      await waitUntil(`${tag} to run`, async () => imageOf(await get(deploymentRef)).endsWith(`:${tag}`), slow);
      await person.pull();
      await world.untilApplied('apps');
    },
    async untilApplied(name) {
      await waitUntil(
        `${name} to be applied at the head`,
        async () => {
          const { status, metadata } = (await get({ ...kustomizationKind, namespace: 'flux-system', name })) as Applied;
          const ready = status?.conditions?.find(({ type }) => type === 'Ready');
          const isObserved = status?.observedGeneration === metadata.generation;
          if (isObserved && ready?.status === 'True' && status?.lastAppliedRevision === `main@sha1:${await person.remoteHead()}`)
            return true;
          throw new Error(JSON.stringify(status?.conditions)); // what is told if time is up
        },
        slow,
      );
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
  return world;
}

type Applied = KubeObject & {
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastAppliedRevision?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message: string }[];
  };
};

export const kustomizationKind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' };
export const deploymentRef = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };

function imageOf(object: KubeObject): string {
  const { template } = object['spec'] as { template: { spec: { containers: { image: string }[] } } };
  return template.spec.containers[0]?.image ?? '';
}

async function runProgram(args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args]);
  const read = async (stream: AsyncIterable<Buffer>) => Buffer.concat(await Array.fromAsync(stream)).toString();
  const [stdout, stderr, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

export async function commitOf(person: WorkTree, commit: string): Promise<string> {
  return (await execute('git', ['-C', person.folder, 'show', '--format=%an %s%n%b', '--no-patch', commit])).stdout;
}

function applicationFiles(host: string): Record<string, string> {
  const text = (objects: readonly object[]) => objects.map((one) => stringify(one)).join('---\n');
  const meta = (name: string) => ({ name, namespace: 'flux-system' });
  const image = { apiVersion: 'image.toolkit.fluxcd.io/v1' };
  const sourceRef = { kind: 'GitRepository', name: 'flux-system' };
  return {
    'clusters/prod/images.yaml': text([
      {
        ...image,
        kind: 'ImageRepository',
        metadata: meta('web'),
        spec: { interval: '2s', image: `${host}/web`, insecure: true },
      },
      {
        ...image,
        kind: 'ImagePolicy',
        metadata: meta('web'),
        spec: { imageRepositoryRef: { name: 'web' }, policy: { semver: { range: '1.x' } } },
      },
      {
        ...image,
        kind: 'ImageUpdateAutomation',
        metadata: meta('fleet'),
        spec: {
          interval: '2s',
          sourceRef,
          git: { commit: { author: { name: 'Bot', email: 'bot@example.com' } } },
          update: { strategy: 'Setters', path: './apps' },
        },
      },
    ]),
    'clusters/prod/apps.yaml': text([
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: meta('apps'),
        spec: { interval: '10m', retryInterval: '2s', path: './apps', prune: true, wait: true, sourceRef },
      },
    ]),
    'apps/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: ${host}/web:1.0.0 # {"$imagepolicy": "flux-system:web"}
`,
    'apps/rest.yaml': text([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data: { color: 'blue' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token', namespace: 'shop' }, stringData: { token: 'abc' } },
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'widgets.shop.example.com' },
        spec: {
          group: 'shop.example.com',
          scope: 'Namespaced',
          names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
    ]),
  };
}
