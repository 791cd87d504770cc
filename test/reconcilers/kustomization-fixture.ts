import { customResourceDefinitions, gitRepositoryKind, type Kustomization, kustomizationKind } from '../../src/api/index.ts';
import { createEgressCheck } from '../../src/auth/index.ts';
import { type Builder, createBuilder, type KustomizeCommand } from '../../src/build/index.ts';
import { connectionTo, createCluster } from '../../src/cluster/index.ts';
import { startControlPlane } from '../../src/control-plane/index.ts';
import {
  type Artifacts,
  type Cluster,
  formatTime,
  type KubeObject,
  type ObjectRef,
  type SourceRef,
  type Store,
  silentLog,
  systemClock,
} from '../../src/core/index.ts';
import { createEventRecorder, Engine, type FinishedRun } from '../../src/engine/index.ts';
import { createExpressions } from '../../src/expression/index.ts';
import {
  createConfigWatcher,
  createDriftWatchers,
  createKustomizationReconciler,
  createRemoteClusters,
  kustomizationWakes,
  wakeOnArtifacts,
} from '../../src/reconcilers/index.ts';
import { createArtifacts } from '../../src/source/index.ts';
import { artifactOf } from '../build/folder-artifact.ts';
import { waitUntil } from '../real/wait-until.ts';

export type Files = Readonly<Record<string, string>>;

/** One request as the API saw it. */
export interface SeenRequest {
  readonly verb: string;
  readonly path: string;
  readonly impersonatedUser?: string;
}

export interface Home extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly cluster: Cluster;
  /** Survives a restart of the process under test. */
  readonly store: Store;
  /** Puts new files into the source: a commit. `metadata` are the annotations of its artifact. */
  commit(files: Files, source?: string, metadata?: Readonly<Record<string, string>>): Promise<string>;
  readonly artifacts: Artifacts;
  create(object: KubeObject): Promise<KubeObject>;
  get(ref: ObjectRef): Promise<KubeObject | null>;
  requests(): readonly SeenRequest[];
  clearRequests(): void;
}

/** The embedded Kubernetes API with the definitions of our kinds and the namespace `flux-system`. */
export async function startHome(options: { simulateWorkloads?: boolean } = {}): Promise<Home> {
  const controlPlane = await startControlPlane({
    clock: systemClock,
    log: silentLog,
    customResourceDefinitions: customResourceDefinitions(),
    ...(options.simulateWorkloads ? { simulateWorkloads: { canPull: async () => true } } : {}),
  });
  const home = await openHome(controlPlane.kubeconfigYaml);
  return {
    ...home,
    requests: () => [...controlPlane.requests].filter(({ userAgent }) => userAgent === 'under-test'),
    clearRequests: () => controlPlane.requests.clear(),
    async [Symbol.asyncDispose]() {
      await home.cluster.close();
      await controlPlane.stop();
    },
  };
}

/** A home on any API that serves our kinds. */
export async function openHome(kubeconfig: string): Promise<Home> {
  const cluster = await createCluster({
    kubeconfig: { yaml: kubeconfig },
    userAgent: 'test',
    clock: systemClock,
    log: silentLog,
  });
  const artifacts = createArtifacts();
  let commits = 0;
  await cluster.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } },
    { fieldManager: 'test', force: true },
  );
  return {
    kubeconfig,
    cluster,
    artifacts,
    store: memoryStore(),
    async commit(files, source = 'app', metadata) {
      commits += 1;
      const revision = `main@sha1:${String(commits).padStart(40, '0')}`;
      artifacts.put({ kind: 'GitRepository', namespace: 'flux-system', name: source }, artifactOf(files, revision));
      await publish(cluster, source, revision, metadata);
      return revision;
    },
    create: (object) => cluster.create(object, { fieldManager: 'test' }),
    get: (ref) => cluster.get(ref),
    requests: () => [],
    clearRequests: () => {},
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

async function publish(
  cluster: Cluster,
  name: string,
  revision: string,
  metadata: Readonly<Record<string, string>> | null = null,
): Promise<void> {
  const ref = { ...gitRepositoryKind, namespace: 'flux-system', name };
  if ((await cluster.get(ref)) === null)
    await cluster.create({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name, namespace: 'flux-system' },
      spec: { url: 'https://git.example/app.git', interval: '1h' },
    } as KubeObject);
  const artifact = {
    path: 'x',
    url: 'http://x',
    revision,
    digest: `sha256:${'0'.repeat(64)}`,
    lastUpdateTime: formatTime(Date.now()),
    metadata,
  };
  await cluster.patch(ref, { status: { artifact } }, { type: 'merge', subresource: 'status', fieldManager: 'source-controller' });
}

export interface Process extends AsyncDisposable {
  readonly engine: Engine;
  readonly builder: Builder;
  readonly runs: readonly FinishedRun[];
  readonly requested: readonly SourceRef[];
  /** As sources put them. */
  readonly artifacts: Artifacts;
  /** Ends it without letting anything finish. */
  kill(): Promise<void>;
}

export interface ProcessOptions {
  /** Wraps the connection of this process; to count, fail or stop its requests. */
  readonly wrap?: (cluster: Cluster) => Cluster;
  /** Artifacts as after a restart: empty. */
  readonly artifacts?: Artifacts;
  readonly store?: Store;
  /** By default there is none. */
  readonly kustomize?: KustomizeCommand;
  /** What the command line says about tenants. */
  readonly policy?: { readonly defaultServiceAccount?: string; readonly noCrossNamespaceRefs?: boolean };
}

/** The process under test: an engine that runs Kustomizations and nothing else. */
export async function startProcess(home: Home, options: ProcessOptions = {}): Promise<Process> {
  const kubeconfig = { yaml: home.kubeconfig };
  const own = await createCluster({ kubeconfig, userAgent: 'under-test', clock: systemClock, log: silentLog });
  const cluster = options.wrap?.(own) ?? own;
  const runs: FinishedRun[] = [];
  const requested: SourceRef[] = [];
  const engine: Engine = new Engine({
    cluster,
    clock: systemClock,
    log: silentLog,
    recorderFor: (component) => createEventRecorder({ cluster, component, clock: systemClock, log: silentLog }),
    onFinished: (run) => runs.push(run),
  });
  const list = () => engine.cache(kustomizationKind).list() as Kustomization[];
  const source = (ref: SourceRef) => engine.cache(gitRepositoryKind).get(`${ref.namespace}/${ref.name}`);
  const drift = createDriftWatchers({ clock: systemClock, log: silentLog, wake: engine.wake });
  const builder = createBuilder({ kustomize: () => options.kustomize ?? null, log: silentLog });
  const artifacts = wakeOnArtifacts(options.artifacts ?? home.artifacts, { list, source, wake: engine.wake });
  const expressions = createExpressions({ clock: systemClock });
  const remotes = createRemoteClusters({
    home: cluster,
    connect: (access) =>
      createCluster({
        ...{ userAgent: 'under-test', clock: systemClock, log: silentLog },
        kubeconfig: 'kubeconfig' in access ? { tenantYaml: access.kubeconfig } : connectionTo(access),
        checkAddress: createEgressCheck({ allowLoopback: true }),
      }),
  });
  const reconciler = createKustomizationReconciler({
    ...options.policy,
    cluster,
    expressions,
    remotes,
    home: cluster,
    artifacts,
    builder,
    decryption: { fetch },
    store: options.store ?? home.store,
    clock: systemClock,
    log: silentLog,
    wake: engine.wake,
    drift,
    list,
    source,
    requestArtifact: (ref) => void requested.push(ref),
  });
  engine.register(reconciler, {
    component: 'kustomize-controller',
    statusManager: 'gotk-kustomize-controller',
    wakes: kustomizationWakes(list),
  });
  await engine.start();
  const configs = createConfigWatcher({ home: cluster, log: silentLog, wake: engine.wake, list });
  const stop = async (graceMs: number) => {
    await engine.stop(graceMs);
    await Promise.all([drift.stop(), configs.stop(), expressions.close(), remotes.close()]);
    await own.close();
  };
  return { engine, builder, runs, requested, artifacts, kill: () => stop(0), [Symbol.asyncDispose]: () => stop(2000) };
}

export function kustomization(name: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: { interval: '1h', path: `./${name}`, prune: true, sourceRef: { kind: 'GitRepository', name: 'app' }, ...spec },
  };
}

export const kustomizationRef = (name: string): ObjectRef => ({ ...kustomizationKind, namespace: 'flux-system', name });
export const configMapRef = (name: string): ObjectRef => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name,
});
export const deploymentRef = (name: string): ObjectRef => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'default',
  name,
});

export const configMap = (name: string, value = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  value: "${value}"\n`;

export const deployment = (name: string, replicas = 1, image = 'x:1') => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "${image}"}]}
`;

export async function statusOf(home: Home, name: string): Promise<Kustomization['status']> {
  return ((await home.get(kustomizationRef(name))) as Kustomization | null)?.status;
}

export async function readyOf(home: Home, name: string) {
  return (await statusOf(home, name))?.conditions?.find(({ type }) => type === 'Ready');
}

export async function waitReady(home: Home, name: string, revision: string): Promise<void> {
  try {
    await waitUntil(
      `${name} to be ready at ${revision}`,
      async () => {
        const status = await statusOf(home, name);
        const ready = status?.conditions?.find(({ type }) => type === 'Ready');
        return ready?.status === 'True' && status?.lastAppliedRevision === revision;
      },
      { timeoutMs: 10_000 },
    );
  } catch (error) {
    throw new Error(`${error}; it is ${JSON.stringify(await statusOf(home, name))}`);
  }
}

export async function waitReason(home: Home, name: string, reason: string) {
  await waitUntil(`${name} to say ${reason}`, async () => (await readyOf(home, name))?.reason === reason, {
    timeoutMs: 10_000,
  }).catch(async (error) => {
    throw new Error(`${error}; it is ${JSON.stringify(await statusOf(home, name))}`);
  });
  return readyOf(home, name);
}

export function idsOf(status: Kustomization['status']): string[] {
  return (status?.inventory?.entries ?? []).map(({ id }) => id);
}

function memoryStore(): Store {
  const values = new Map<string, Buffer>();
  return {
    read: async (key) => values.get(key) ?? null,
    write: async (key, value) => void values.set(key, Buffer.from(value)),
    delete: async (key) => void values.delete(key),
    list: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}
