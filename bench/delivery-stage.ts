import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  customResourceDefinitions,
  gitRepositoryKind,
  type Kustomization,
  kustomizationKind,
  requestedAtAnnotation,
} from '../src/api/index.ts';
import { createCluster } from '../src/cluster/index.ts';
import { startControlPlane } from '../src/control-plane/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../src/demo/work-tree.ts';
import { startGitHost } from '../src/sandbox/index.ts';
import { missingPart, startKubeApiServer, waitUntil } from '../test/real/index.ts';
import { compileBot } from './compile-bot.ts';

export type ApiChoice = 'real' | 'embedded';

/** How many requests of each verb the process under test sent. */
export type Verbs = Readonly<Record<string, number>>;

/** What a process had and used so far. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

/** An API, a repository behind HTTP, and the bot as a process of its own, so that its memory and time are its own too. */
export interface DeliveryStage extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly clone: WorkTree;
  /** Writes files into the clone; null deletes one. */
  write(files: Readonly<Record<string, string | null>>): Promise<void>;
  create(object: KubeObject): Promise<void>;
  /** Resolves with the time (of `performance.now`) at which the API told of what was asked for. */
  until(what: string, holds: (all: ReadonlyMap<string, Kustomization>) => boolean, timeoutMs?: number): Promise<number>;
  /** Tells the source of a push, as a webhook would; returns the time. */
  announce(): Promise<number>;
  sourceRevision(): Promise<string>;
  usage(): Promise<Usage>;
  verbs(): Promise<Verbs>;
}

export const namespace = 'flux-system';
export const source = { ...gitRepositoryKind, namespace, name: 'repo' };
const person = { name: 'Bench', email: 'bench@example.com' };

/** True where a real kube-apiserver is at hand. */
export function hasRealApi(): boolean {
  return missingPart('kube-apiserver') === null && missingPart('etcd') === null;
}

/** Starts all of it. The repository is empty; the source is created with the first `announce`. */
export async function startDeliveryStage(choice: ApiChoice): Promise<DeliveryStage> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-bench-'));
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const api = starting.use(await startApi(choice));
  const connection = { kubeconfig: { yaml: api.kubeconfigYaml }, userAgent: 'bench', clock: systemClock, log: silentLog };
  const cluster = await createCluster(connection);
  starting.defer(() => cluster.close());
  await installDefinitions(cluster);
  const host = starting.use(await startGitHost({ folder: join(folder, 'git') }));
  await host.createRepository('repo');
  const clone = await cloneWorkTree(host.url('repo'), join(folder, 'clone'), person);
  const all = new Map<string, Kustomization>();
  const listeners = new Set<() => void>();
  const stopping = new AbortController();
  starting.defer(() => stopping.abort());
  await followKustomizations(cluster, { all, listeners, signal: stopping.signal });
  const bot = await startBot(api.kubeconfigYaml, folder);
  starting.defer(() => stopBot(bot));
  const parts = starting.move();
  let announced = 0;
  return {
    cluster,
    clone,
    write: (files) => writeFiles(clone.folder, files),
    create: async (object) => void (await cluster.create(object, { fieldManager: 'bench' })),
    until: (what, holds, timeoutMs = 120_000) => untilHolds(what, { all, listeners, holds, timeoutMs }),
    async announce() {
      announced += 1;
      const start = performance.now();
      const annotations = { [requestedAtAnnotation]: `bench ${announced}` };
      if (announced === 1) await cluster.create(sourceOf(host.url('repo'), annotations), { fieldManager: 'bench' });
      else await cluster.patch(source, { metadata: { annotations } }, { type: 'merge', fieldManager: 'bench' });
      return start;
    },
    async sourceRevision() {
      const head = (await clone.git('rev-parse', 'HEAD')).trim();
      return `main@sha1:${head}`;
    },
    usage: () => readUsage(bot.pid ?? 0),
    verbs: api.verbs,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

interface BenchApi extends AsyncDisposable {
  readonly kubeconfigYaml: string;
  verbs(): Promise<Verbs>;
}

async function startApi(choice: ApiChoice): Promise<BenchApi> {
  if (choice === 'embedded') {
    const definitions = { clock: systemClock, log: silentLog, customResourceDefinitions: customResourceDefinitions() };
    const controlPlane = await startControlPlane(definitions);
    const own = () => [...controlPlane.requests].filter(({ userAgent }) => userAgent === 'tagalong');
    return {
      kubeconfigYaml: controlPlane.kubeconfigYaml,
      verbs: async () => countBy(own().map(({ verb, path }) => describeVerb(verb, path))),
      [Symbol.asyncDispose]: () => controlPlane.stop(),
    };
  }
  const server = await startKubeApiServer();
  return {
    kubeconfigYaml: server.kubeconfigYaml,
    async verbs() {
      const own = (await server.auditedRequests()).filter(({ userAgent }) => userAgent === 'tagalong');
      return countBy(own.map(({ verb, uri }) => describeVerb(verb, uri)));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function describeVerb(verb: string, uri: string): string {
  if (/\/events(\/|\?|$)/.test(uri)) return 'events';
  if (uri.includes('/status?') || uri.endsWith('/status')) return 'status';
  if (verb.toLowerCase() !== 'patch' && verb !== 'apply') return verb.toLowerCase();
  if (uri.includes('dryRun=All')) return 'dry run';
  return uri.includes('force=') || verb === 'apply' ? 'apply' : 'patch';
}

function countBy(words: readonly string[]): Verbs {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

async function installDefinitions(cluster: Cluster): Promise<void> {
  const options = { fieldManager: 'bench', force: true };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, options);
  for (const definition of customResourceDefinitions()) await cluster.apply(definition as unknown as KubeObject, options);
  for (const { spec } of customResourceDefinitions()) {
    const kind = { group: spec.group, version: spec.versions[0]?.name ?? 'v1', kind: spec.names.kind };
    await waitUntil(`${spec.names.kind} to be served`, async () => (await cluster.resource(kind)) !== null);
  }
}

function sourceOf(url: string, annotations: Record<string, string>): KubeObject {
  const spec = { url, interval: '1h', ref: { branch: 'main' } };
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo', namespace, annotations },
    spec,
  };
}

/** A Kustomization on the source of the stage, at the folder of its name. */
export function kustomizationOf(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: { interval: '1h', path: `./${name}`, prune: true, sourceRef: { kind: 'GitRepository', name: 'repo' }, ...spec },
  };
}

interface Followed {
  readonly all: Map<string, Kustomization>;
  readonly listeners: Set<() => void>;
  readonly signal: AbortSignal;
}

function followKustomizations(cluster: Cluster, { all, listeners, signal }: Followed): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  void cluster.watch(kustomizationKind, { signal }, (event) => {
    if (event.type === 'synced')
      for (const object of event.objects) all.set(object.metadata.name, object as unknown as Kustomization);
    else if (event.type === 'deleted') all.delete(event.object.metadata.name);
    else all.set(event.object.metadata.name, event.object as unknown as Kustomization);
    if (event.type === 'synced') resolve();
    for (const listener of [...listeners]) listener();
  });
  return promise;
}

interface Waiting {
  readonly all: ReadonlyMap<string, Kustomization>;
  readonly listeners: Set<() => void>;
  readonly holds: (all: ReadonlyMap<string, Kustomization>) => boolean;
  readonly timeoutMs: number;
}

async function untilHolds(what: string, { all, listeners, holds, timeoutMs }: Waiting): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const look = () => (holds(all) ? resolve(performance.now()) : undefined);
  const timer = setTimeout(() => reject(new Error(`${what} took more than ${timeoutMs} ms; ${describeUnready(all)}`)), timeoutMs);
  listeners.add(look);
  look();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    listeners.delete(look);
  }
}

function describeUnready(all: ReadonlyMap<string, Kustomization>): string {
  const unready = [...all.values()].filter((one) => readyOf(one) !== 'True');
  const [first] = unready;
  return `${unready.length} of ${all.size} are not ready, such as ${JSON.stringify(first?.status?.conditions)}`;
}

export function readyOf(one: Kustomization | undefined): string | undefined {
  return one?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string | null>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (text === null) await rm(file);
    else await writeFile(file, text);
  }
}

/** As the image runs it. */
const imageFlags = ['--max-semi-space-size=2'];
const imageEnvironment = { MALLOC_ARENA_MAX: '2' };

async function startBot(kubeconfigYaml: string, folder: string): Promise<ChildProcess> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigYaml, { mode: 0o600 });
  const args = ['--kubeconfig', kubeconfig, '--state-dir', join(folder, 'state'), '--log-level', 'info'];
  const words = [...imageFlags, ...profileArgs(), compileBot(), ...args, '--controllers=source,kustomize'];
  const bot = spawn(process.execPath, words, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...imageEnvironment },
  });
  let log = '';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  bot.stderr.on('data', (chunk: Buffer) => {
    log = `${log}${chunk}`.slice(-4000);
    if (log.includes('"running"')) resolve();
  });
  bot.once('exit', () => reject(new Error(`the bot ended: ${log}`)));
  await promise;
  return bot;
}

/** `BENCH_PROFILE=folder` writes CPU profiles there. */
function profileArgs(): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

async function stopBot(bot: ChildProcess): Promise<void> {
  if (bot.exitCode !== null) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  bot.once('exit', () => resolve());
  bot.kill('SIGTERM');
  const timer = setTimeout(() => bot.kill('SIGKILL'), 10_000);
  await promise;
  clearTimeout(timer);
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** From Linux's /proc. */
async function readUsage(pid: number): Promise<Usage> {
  const [stat, statm] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/statm`, 'utf8')]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentMiB: (Number(statm.split(' ')[1]) * pageBytes) / 2 ** 20,
  };
}
