import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  customResourceDefinitions,
  gitRepositoryKind,
  imagePolicyKind,
  imageRepositoryKind,
  imageUpdateAutomationKind,
  kustomizationKind,
  receiverKind,
  requestedAtAnnotation,
} from '../src/api/index.ts';
import { createCluster } from '../src/cluster/index.ts';
import { type Cluster, type GroupVersionKind, type KubeObject, silentLog, systemClock } from '../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../src/demo/work-tree.ts';
import { startGitHost } from '../src/sandbox/index.ts';
import { installFluxDefinitions, waitUntil } from '../test/real/index.ts';
import { type ApiChoice, type BenchApi, startBenchApi } from './bench-api.ts';
import { type BenchRegistry, startBenchRegistry } from './bench-registry.ts';
import type { Counts } from './counts.ts';
import { Followed } from './followed.ts';
import { namespace, sourceOf } from './stage-objects.ts';
import { type FluxFlags, type Part, type Subject, type SubjectName, startSubject } from './subject.ts';
import { readUsage, type Usage } from './usage.ts';

export interface StageChoice {
  readonly api: ApiChoice;
  readonly subject: SubjectName;
  readonly fluxFlags?: FluxFlags;
}

/** An API, a registry, a repository behind HTTP, and what is measured as processes of their own, so that their memory and time are their own too. */
export interface Stage extends AsyncDisposable {
  readonly subject: SubjectName;
  readonly cluster: Cluster;
  readonly registry: BenchRegistry;
  readonly repositoryUrl: string;
  readonly clone: WorkTree;
  /** What the API told of last, of every kind that takes part. */
  readonly seen: Followed;
  /** Writes files into the clone; null deletes one. */
  write(files: Readonly<Record<string, string | null>>): void;
  /** Pushes what was written. */
  commit(message: string): Promise<void>;
  create(...objects: readonly KubeObject[]): Promise<void>;
  /** Asks for a reconcile, as `flux reconcile` does; returns the token. */
  ask(kind: GroupVersionKind, name: string): Promise<string>;
  /** Creates the source, or asks for it as a webhook would after a push; returns the time at which that was sent off. */
  announce(): Promise<number>;
  /** Of the clone, as sources write it. */
  sourceRevision(): Promise<string>;
  /** The commit that the branch is at on the git host. */
  head(): Promise<string>;
  /** Calls the webhook of the Receiver of that name. */
  callWebhook(receiver: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  usage(): Promise<Usage>;
  apiRequests(): Promise<Counts>;
}

const followedKinds = [
  ...[gitRepositoryKind, kustomizationKind, imageRepositoryKind, imagePolicyKind, imageUpdateAutomationKind, receiverKind],
  { group: 'apps', version: 'v1', kind: 'Deployment' },
];
const person = { name: 'Bench', email: 'bench@example.com' };

/** Starts all of it but the subject. The repository is empty. */
export async function openStage(choice: StageChoice, parts: readonly Part[]): Promise<Stage> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'tagalong-bench-'));
  starting.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const api = starting.use(await startBenchApi(choice.api));
  const cluster = await connect(api);
  starting.defer(() => cluster.close());
  await installDefinitions(cluster, api, choice.subject);
  const registry = starting.use(await startBenchRegistry(choice.api));
  const host = starting.use(await startGitHost({ folder: join(folder, 'git') }));
  const repository = await host.createRepository('repo');
  const clone = await cloneWorkTree(host.url('repo'), join(folder, 'clone'), person);
  const seen = starting.use(new Followed(cluster, followedKinds));
  await seen.synced;
  let subject: Subject | null = null;
  const stop = async () => {
    await subject?.[Symbol.asyncDispose]();
    subject = null;
  };
  starting.defer(stop);
  const owned = starting.move();
  let asked = 0;
  const ask = async (kind: GroupVersionKind, name: string) => {
    asked += 1;
    const token = `bench ${asked}`;
    const metadata = { annotations: { [requestedAtAnnotation]: token } };
    await cluster.patch({ ...kind, namespace, name }, { metadata }, { type: 'merge', fieldManager: 'bench' });
    return token;
  };
  const create = async (...objects: readonly KubeObject[]) => {
    for (const object of objects) await cluster.create(object, { fieldManager: 'bench' });
  };
  return {
    ...{ subject: choice.subject, cluster, registry, clone, seen, ask, create, stop },
    repositoryUrl: host.url('repo'),
    write: (files) => writeFiles(clone.folder, files),
    commit: async (message) => void (await clone.commitAndPush(message)),
    async announce() {
      const start = performance.now();
      if (seen.find('GitRepository', 'repo') === undefined) await create(sourceOf(host.url('repo')));
      else await ask(gitRepositoryKind, 'repo');
      return start;
    },
    sourceRevision: async () => `main@sha1:${(await clone.git('rev-parse', 'HEAD')).trim()}`,
    head: async () => (await readFile(join(repository, 'refs/heads/main'), 'utf8')).trim(),
    async callWebhook(receiver) {
      const path = seen.statusOf('Receiver', receiver)?.webhookPath ?? '';
      const answer = await fetch(`${subject?.webhookUrl}${path}`, { method: 'POST', body: '{}' });
      if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
    },
    async start() {
      subject = await startSubject({ name: choice.subject, api, parts, folder, fluxFlags: choice.fluxFlags ?? {} });
    },
    usage: () => readUsage(subject?.pids ?? []),
    apiRequests: () => api.requests(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The same with the subject at work. */
export async function startStage(choice: StageChoice, parts: readonly Part[]): Promise<Stage> {
  const stage = await openStage(choice, parts);
  try {
    await stage.start();
    return stage;
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

function connect({ kubeconfigYaml }: BenchApi): Promise<Cluster> {
  return createCluster({ kubeconfig: { yaml: kubeconfigYaml }, userAgent: 'bench', clock: systemClock, log: silentLog });
}

async function installDefinitions(cluster: Cluster, api: BenchApi, subject: SubjectName): Promise<void> {
  const options = { fieldManager: 'bench', force: true };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, options);
  if (subject === 'flux' && api.real !== undefined) return installFluxDefinitions(api.real);
  for (const definition of customResourceDefinitions()) await cluster.apply(definition as unknown as KubeObject, options);
  for (const { spec } of customResourceDefinitions()) {
    const kind = { group: spec.group, version: spec.versions[0]?.name ?? 'v1', kind: spec.names.kind };
    await waitUntil(`${spec.names.kind} to be served`, async () => (await cluster.resource(kind)) !== null);
  }
}

function writeFiles(folder: string, files: Readonly<Record<string, string | null>>): void {
  const made = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    if (text === null) {
      rmSync(file);
      continue;
    }
    const parent = dirname(file);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(file, text);
  }
}
