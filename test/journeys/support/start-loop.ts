import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Condition, customResourceDefinitions, findCondition, servedKinds } from '../../../src/api/index.ts';
import { type App, type AppOptions, createApp } from '../../../src/app/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { type CanPull, type ControlPlane, RequestLog, startControlPlane } from '../../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, type ObjectRef, silentLog, systemClock } from '../../../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../../../src/demo/index.ts';
import type { FinishedRun } from '../../../src/engine/index.ts';
import {
  type GitHost,
  type GitHostOptions,
  type SandboxRegistry,
  type SandboxRegistryOptions,
  startGitHost,
  startSandboxRegistry,
} from '../../../src/sandbox/index.ts';
import { type Branch, readBranch } from './branch.ts';
import {
  type Difference,
  gitRepository,
  imagePolicy,
  imageRepository,
  imageUpdateAutomation,
  manifest,
  requestedAtPatch,
} from './resources.ts';
import { createSkippingClock, type SkippingClock } from './skipping-clock.ts';

export type LoopKind =
  | 'Receiver'
  | 'GitRepository'
  | 'OCIRepository'
  | 'Bucket'
  | 'Kustomization'
  | 'ImageRepository'
  | 'ImagePolicy'
  | 'ImageUpdateAutomation'
  | 'UpdateGuard'
  | 'Rollout';

export interface LoopOptions {
  /** What the registry holds: image → tags. Default: `web` with 1.0.0. */
  readonly images?: Readonly<Record<string, readonly string[]>>;
  /** What the repository holds. Default: `apps/<image>.yaml` for each image, at its first tag. */
  readonly files?: (registryHost: string) => Readonly<Record<string, string>>;
  readonly registry?: SandboxRegistryOptions;
  readonly git?: Pick<GitHostOptions, 'auth'>;
  /** Differences from the defaults; null leaves the object out. Those of repository and policy concern every image. */
  readonly source?: Difference | null;
  readonly repository?: Difference | null;
  readonly policy?: Difference | null;
  readonly automation?: Difference | null;
  /** Play the controllers and the node of a cluster; images can be pulled as this says. */
  readonly canPull?: CanPull;
  /** What such a node resolves an image to. */
  readonly digestOf?: (image: string) => string | null;
  /** A real API server that serves our kinds, in place of the embedded one; its nodes are played by somebody else. */
  readonly api?: Pick<ControlPlane, 'kubeconfigYaml'>;
  /** Applied before the others. */
  readonly extra?: readonly KubeObject[];
  /** Do not start the app: the test does, or runs it as a process of its own. */
  readonly asleep?: boolean;
}

/** The whole image loop on embedded parts: real HTTP, real git, intervals of an hour. */
export interface Loop extends AsyncDisposable {
  readonly folder: string;
  readonly stateFolder: string;
  readonly clock: SkippingClock;
  readonly controlPlane: Pick<ControlPlane, 'kubeconfigYaml' | 'requests'>;
  readonly registry: SandboxRegistry;
  readonly gitHost: GitHost;
  /** As `kubectl` would look and change. */
  readonly cluster: Cluster;
  /** The branch main, read in the host's own folder: looking costs no request. */
  readonly main: Branch;
  /** A person's clone, which also costs the host no request. */
  readonly person: WorkTree;
  /** Every run that ended, since the loop began. */
  readonly runs: readonly FinishedRun[];
  /** `<registry>/<image>:<tag>`. */
  image(name: string, tag: string): string;
  startApp(
    options?: Partial<
      Pick<
        AppOptions,
        | 'stateFolder'
        | 'artifacts'
        | 'trustedRoot'
        | 'allowedPushRefs'
        | 'tenancy'
        | 'controllers'
        | 'observed'
        | 'namespace'
        | 'webhooks'
      >
    >,
  ): Promise<App>;
  stopApp(): Promise<void>;
  apply(...objects: readonly KubeObject[]): Promise<void>;
  patch(kind: LoopKind, name: string, patch: Difference): Promise<KubeObject>;
  get(kind: LoopKind, name: string): Promise<KubeObject>;
  delete(kind: LoopKind, name: string): Promise<void>;
  condition(kind: LoopKind, name: string, type: string): Promise<Condition | undefined>;
  /** Looks until the answer is neither false nor nothing. */
  until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T>;
  /** Waits until the object was reconciled at its present generation and Ready is `status`; returns that condition. */
  ready(kind: LoopKind, name: string, status?: Condition['status']): Promise<Condition>;
  /** Asks for a run as `flux reconcile` does; resolves with the object when it was handled. */
  request(kind: LoopKind, name: string): Promise<KubeObject>;
  /** Pushes a tag and asks for a scan, which takes the place of an hour. */
  pushTag(image: string, tag: string): Promise<void>;
  /** Waits until `file` of the branch main carries `text`. */
  lands(file: string, text: string): Promise<void>;
  /** Waits until nothing runs and nothing is due. */
  rests(): Promise<void>;
  /** Waits until the source shows the head of main, the automation has seen it, and nothing runs. */
  settles(): Promise<void>;
}

const patienceMs = 20_000;

/** Starts the parts, the default resources with the differences, and the app. Everything ends when it is disposed of. */
export async function startLoop(options: LoopOptions = {}): Promise<Loop> {
  const { images = { web: ['1.0.0'] } } = options;
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-journey-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const clock = createSkippingClock();
  const registry = stack.use(await startSandboxRegistry(options.registry));
  for (const [name, tags] of Object.entries(images)) for (const tag of tags) await registry.pushTag(name, tag);
  const gitHost = stack.use(await startGitHost({ folder: join(folder, 'git'), ...options.git }));
  const bare = await gitHost.createRepository('fleet');
  const person = await cloneWorkTree(bare, join(folder, 'person'), { name: 'Ann Operator', email: 'ann@example.com' });
  const files = options.files?.(registry.host) ?? defaultFiles(images, registry.host);
  await writeFiles(person.folder, files);
  await person.commitAndPush('Start');
  const definitions = customResourceDefinitions();
  const controlPlane =
    options.api === undefined
      ? stack.use(await startEmbedded(definitions, options))
      : { kubeconfigYaml: options.api.kubeconfigYaml, requests: new RequestLog(1) };
  const connect = (userAgent: string) =>
    createCluster({ kubeconfig: { yaml: controlPlane.kubeconfigYaml }, userAgent, clock, log: silentLog });
  const cluster = await connect('test');
  stack.defer(() => cluster.close());
  const home = await connect('tagalong');
  stack.defer(() => home.close());
  let app: App | null = null;
  const runs: FinishedRun[] = [];
  stack.defer(async () => app?.stop());
  const stateFolder = join(folder, 'state');
  const tools = createTools(cluster);
  const main = readBranch(bare, 'main');
  const loop: Omit<Loop, typeof Symbol.asyncDispose> = {
    ...{ folder, stateFolder, clock, controlPlane, registry, gitHost, cluster, main, person, runs },
    ...tools,
    image: (name, tag) => `${registry.host}/${name}:${tag}`,
    async startApp(more) {
      const onFinished = (run: FinishedRun) => void runs.push(run);
      app = await createApp({ home, target: home, stateFolder, clock, log: silentLog, onFinished, ...more });
      await app.start();
      return app;
    },
    async stopApp() {
      await app?.stop();
      app = null;
    },
    async pushTag(image, tag) {
      await registry.pushTag(image, tag);
      await tools.request('ImageRepository', image);
    },
    lands: (file, text) =>
      tools.until(`${file} to carry ${text}`, async () => (await main.file(file))?.includes(text)).then(() => undefined),
    rests: async () => void (await tools.until('the app to rest', async () => app?.engine.isIdle())),
    async settles() {
      await tools.until('the loop to settle', async () => {
        const at = `main@sha1:${await main.head()}`;
        const source = (await tools.get('GitRepository', 'fleet'))['status'] as { artifact?: { revision: string } };
        const automation = (await tools.get('ImageUpdateAutomation', 'fleet'))['status'] as { observedSourceRevision?: string };
        return source.artifact?.revision === at && automation.observedSourceRevision === at && app?.engine.isIdle();
      });
    },
  };
  await loop.apply(...(options.extra ?? []), ...defaultObjects(options, Object.keys(images), { registry, gitHost }));
  if (options.asleep !== true) await loop.startApp();
  const resources = stack.move();
  return { ...loop, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function startEmbedded(
  definitions: ReturnType<typeof customResourceDefinitions>,
  { canPull, digestOf }: LoopOptions,
): Promise<ControlPlane> {
  return startControlPlane({
    ...{ customResourceDefinitions: definitions, clock: systemClock, log: silentLog },
    ...(canPull === undefined ? {} : { simulateWorkloads: { canPull, ...(digestOf && { digestOf }) } }),
  });
}

function defaultFiles(images: Readonly<Record<string, readonly string[]>>, host: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(images).map(([name, [tag = '1.0.0']]) => [`apps/${name}.yaml`, manifest(name, `${host}/${name}:${tag}`)]),
  );
}

export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

function defaultObjects(
  { source, repository, policy, automation }: LoopOptions,
  images: readonly string[],
  { registry, gitHost }: Pick<Loop, 'registry' | 'gitHost'>,
): KubeObject[] {
  return [
    ...(source === null ? [] : [gitRepository(gitHost.url('fleet'), source)]),
    ...(repository === null ? [] : images.map((image) => imageRepository(`${registry.host}/${image}`, repository))),
    ...(policy === null ? [] : images.map((image) => imagePolicy(image, policy))),
    ...(automation === null ? [] : [imageUpdateAutomation(automation)]),
  ];
}

type Tools = Pick<Loop, 'apply' | 'patch' | 'get' | 'delete' | 'condition' | 'until' | 'ready' | 'request'>;

let tokens = 0;

function createTools(cluster: Cluster): Tools {
  const get: Loop['get'] = async (kind, name) => {
    const object = await cluster.get(refTo(kind, name));
    if (object === null) throw new Error(`${kind} ${name} is not there`);
    return object;
  };
  const patch: Loop['patch'] = (kind, name, body) => cluster.patch(refTo(kind, name), body, { type: 'merge' });
  return {
    get,
    patch,
    until,
    delete: async (kind, name) => void (await cluster.delete(refTo(kind, name))),
    async apply(...objects) {
      for (const object of objects) await cluster.apply(object, { fieldManager: 'test', force: true });
    },
    condition: async (kind, name, type) => conditionOf(await get(kind, name), type),
    ready: (kind, name, status = 'True') =>
      until(`${kind} ${name} to be Ready=${status}`, async () => {
        const object = await get(kind, name);
        const condition = conditionOf(object, 'Ready');
        return condition?.status === status && condition.observedGeneration === object.metadata.generation && condition;
      }),
    async request(kind, name) {
      tokens += 1;
      const token = `${Date.now()}-${tokens}`;
      await patch(kind, name, requestedAtPatch(token));
      return until(`${kind} ${name} to answer`, async () => {
        const object = await get(kind, name);
        return (object['status'] as { lastHandledReconcileAt?: string }).lastHandledReconcileAt === token && object;
      });
    },
  };
}

async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** The reference of a default object, in the namespace of the loop. */
export function refTo(kind: LoopKind, name: string): ObjectRef {
  const served = servedKinds.find((candidate) => candidate.kind === kind);
  if (served === undefined) throw new Error(`${kind} is not served`);
  return { group: served.group, version: served.version, kind, namespace: 'default', name };
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return findCondition((object['status'] as { conditions?: Condition[] } | undefined)?.conditions, type);
}
