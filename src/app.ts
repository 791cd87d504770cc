import { join } from 'node:path';
import {
  bucketKind,
  externalArtifactKind,
  findNotImplemented,
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageRepositoryKind,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  ociRepositoryKind,
  type Resource,
  requestedAtAnnotation,
  sourceKinds,
} from './api/index.ts';
import { type CheckAddress, createCloudLogins, createEgressCheck, createTenantFetch, GitLogins } from './auth/index.ts';
import { createBuilder, findKustomize } from './build/index.ts';
import { connectionTo, createCluster } from './cluster/index.ts';
import {
  type Artifacts,
  type Clock,
  type Cluster,
  errorMessage,
  type Forges,
  formatKey,
  type Gate,
  type Git,
  type GitMirror,
  type GroupVersionKind,
  type KubeObject,
  type LabelTest,
  type Log,
  type NamespacedName,
  type Oid,
  observingGate,
  openGate,
  type ReadyState,
  type Registry,
  type SourceRef,
  type Store,
  TagalongError,
} from './core/index.ts';
import { removeDecryptedLeftovers } from './decrypt/index.ts';
import { decodeText, type FoundMarkers, findMarkers, isMarkerFile, mayHaveMarkers } from './edit/index.ts';
import {
  createEventRecorder,
  Engine,
  type EventRecorder,
  type FinishedRun,
  type Observed,
  type Registration,
} from './engine/index.ts';
import { createExpressions } from './expression/index.ts';
import { createForges } from './forge/index.ts';
import { createBlobIndex, createGit, remoteKey } from './git/index.ts';
import { createHoldFinder } from './hold/index.ts';
import {
  assertOpen,
  type ControllerGroup,
  type ControllerName,
  controllerGroups,
  fenceCluster,
  type Leases,
} from './lease/index.ts';
import { createEventForwarder } from './notify/index.ts';
import {
  type AutomationDeps,
  answerRequests,
  automationGuardWakes,
  automationRequestWakes,
  automationWakes,
  type ConnectRemote,
  createArtifactsOfOthers,
  createAutomationMemories,
  createBucketReconciler,
  createConfigWatcher,
  createDriftWatchers,
  createGitRepositoryReconciler,
  createImagePolicyReconciler,
  createImageRepositoryReconciler,
  createImageUpdateAutomationReconciler,
  createKustomizationReconciler,
  createOciRepositoryReconciler,
  createRemoteClusters,
  createRolloutRecorder,
  createRolloutSight,
  createSigners,
  createTagLists,
  type DecryptionTools,
  type Guards,
  gitRepositoryWakes,
  imagePolicyWakes,
  imageRepositoryWakes,
  isRefAllowed,
  kustomizationWakes,
  MirrorNews,
  observeListings,
  policyGuardWakes,
  type Receivers,
  type RemoteClusters,
  type RolloutProgress,
  refreshApplications,
  registerGuards,
  registerReceivers,
  registerRollouts,
  wakeOnArtifacts,
} from './reconcilers/index.ts';
import { createRegistry } from './registry/index.ts';
import { compileTagPolicy, selectTag } from './select/index.ts';
import {
  type ArtifactServer,
  type ContentStore,
  createArtifactFetcher,
  createArtifactServer,
  createArtifacts,
  createContentStore,
  createPublishing,
  type Retention,
} from './source/index.ts';
import { createFileStore } from './state/index.ts';

export interface AppOptions {
  /** Where the resources live. */
  readonly home: Cluster;
  /** Where what they describe is applied; the same cluster, or another behind `routeByGroup`. */
  readonly target: Cluster;
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace?: string;
  /** Only objects whose labels pass are served; the others belong to other shards. Absent = all. */
  readonly shard?: LabelTest;
  /** Serve the archives of sources there; absent = no archives are made. */
  readonly artifacts?: {
    readonly host: string;
    readonly port: number;
    readonly advertise?: string;
    readonly retention?: Retention;
  };
  readonly onFinished?: (run: FinishedRun) => void;
  /** Nothing is done and nothing is written anywhere but in the state folder: it is told what each run would do. */
  readonly observed?: Observed;
  /** Told of what became of Rollouts and how long it took. */
  readonly onRollout?: (progress: RolloutProgress) => void;
  /** Send events on to there too, as Flux's controllers do. */
  readonly eventsAddress?: string;
  /** Listen for webhooks there; absent = nowhere. */
  readonly webhooks?: { readonly host: string; readonly port: number; readonly baseUrl?: string };
  /** Told of each answer to a webhook. */
  readonly onWebhook?: (status: number) => void;
  /** The parts that run; absent = all. */
  readonly controllers?: readonly ControllerGroup[];
  /** Refs that automations may push, as globs of full names (`refs/heads/*`); absent = all. */
  readonly allowedPushRefs?: readonly string[];
  /** A kind is written only while the Lease of its controller is held; absent = nobody else writes. */
  readonly leases?: Leases;
  /** Whether addresses of this machine may be spoken to where others wrote them; absent: unless `self` says that this is a pod. */
  readonly allowLoopback?: boolean;
  /** Addresses that nothing which somebody else wrote may lead to, such as the API server's; other clusters are not meant. */
  readonly forbiddenAddresses?: readonly string[];
  /** Where this process runs in `target`; never deleted by it. */
  readonly self?: { readonly namespace: string; readonly deployment?: string };
  /** Where the UpdateGuards live that bind every namespace; default flux-system. */
  readonly guardNamespace?: string;
  /** What tenants may do. */
  readonly tenancy?: Tenancy;
  /** Keys and identities for decryption beside those that a Kustomization names. */
  readonly decryption?: Omit<DecryptionTools, 'fetch'>;
}

export interface Tenancy {
  /** Applies for Kustomizations that name no ServiceAccount; one of their own namespace. */
  readonly defaultServiceAccount?: string;
  /** Nobody uses a source of another namespace. */
  readonly noCrossNamespaceRefs?: boolean;
}

export interface App {
  readonly engine: Engine;
  readonly store: Store;
  /** Resolves when every kind was listed once and the first runs are queued. */
  start(): Promise<void>;
  /** Lets what runs finish and ends every process and connection. */
  stop(): Promise<void>;
}

/** The composition root: constructs every adapter, hands them to the reconcilers and registers these. */
export async function createApp(given: AppOptions): Promise<App> {
  const options = given.observed === undefined ? given : fenceObserver(given);
  const { home, clock, log } = options;
  const store = createFileStore(join(options.stateFolder, 'store'));
  const pushGate = writeGateOf(options, 'image-automation-controller');
  const beforePush = (branch: string) => assertOpen(pushGate, `pushing to '${branch}'`);
  const checkAddress = checkAddressOf(options);
  const git = createGit({ stateFolder: options.stateFolder, clock, log, beforePush, checkAddress });
  const registry = createRegistry({ clock, log, checkAddress });
  const engine = createEngine(options);
  const memory = createArtifacts();
  const parts: Parts = {
    options,
    engine,
    store,
    git,
    registry,
    logins: new GitLogins({ clock, checkAddress }),
    forges: createForges({ clock, checkAddress, beforeWrite: (what) => assertOpen(pushGate, what) }),
    news: new MirrorNews(clock),
    artifacts: shareArtifacts(memory, engine),
    memory,
    contents: createContentStore(join(options.stateFolder, 'contents')),
    checkAddress,
    remotes: createRemoteClusters({ home, connect: connectRemote(options) }),
  };
  const runs = new Set(options.controllers ?? controllerGroups);
  const guards = runs.has('image') ? createGuards(parts, checkAddress) : null;
  if (guards !== null) registerImages(parts, guards);
  const server = options.artifacts === undefined ? null : await serveArtifacts(options.artifacts, options);
  if (runs.has('source')) registerSources(parts, server);
  const watchers = runs.has('kustomize') ? registerKustomizations(parts) : null;
  const receivers = runs.has('notification') ? createReceivers(parts, checkAddress) : null;
  const rollouts = guards === null ? null : registerAutomations(parts, guards, await readClusterId(home));
  return {
    engine,
    store,
    async start() {
      await guards?.start();
      await engine.start();
      await receivers?.start();
    },
    async stop() {
      await receivers?.stop();
      await engine.stop();
      await guards?.stop();
      await watchers?.stop();
      await rollouts?.stop();
      await Promise.all([git.close(), registry.close(), parts.forges.close(), server?.close(), parts.remotes.close()]);
    },
  };
}

interface Parts {
  readonly options: AppOptions;
  readonly engine: Engine;
  readonly store: Store;
  readonly git: Git;
  readonly logins: GitLogins;
  readonly registry: Registry;
  readonly forges: Forges;
  readonly news: MirrorNews;
  readonly artifacts: Artifacts;
  /** The same without anybody being woken: whoever downloads one is at work on it. */
  readonly memory: Artifacts;
  /** Of what is downloaded to be built from. */
  readonly contents: ContentStore;
  readonly checkAddress: CheckAddress;
  readonly remotes: RemoteClusters;
}

function gateOf({ leases }: Pick<AppOptions, 'leases'>, controller: ControllerName): Gate {
  return leases?.gateOf(controller) ?? openGate;
}

/** What is asked before each write. */
function writeGateOf(options: Pick<AppOptions, 'leases' | 'observed'>, controller: ControllerName): Gate {
  return options.observed === undefined ? gateOf(options, controller) : observingGate;
}

/** Whoever only observes gets no write through, whatever part of it attempts one. */
function fenceObserver(options: AppOptions): AppOptions {
  const { home, target } = options;
  return { ...options, home: fenceCluster(home, observingGate), target: fenceCluster(target, observingGate) };
}

/** A kind is registered under the Flux controller it belongs to: its name in events, its Lease, its field manager. */
function registrationOf(options: AppOptions, component: ControllerName): Registration & { readonly cluster: Cluster } {
  const gate = gateOf(options, component);
  return { component, statusManager: component, gate, cluster: fenceCluster(options.home, gate) };
}

function createEngine(options: AppOptions): Engine {
  const { home, clock, log, namespace, shard, onFinished, observed, controllers } = options;
  const engine: Engine = new Engine({
    cluster: home,
    clock,
    log,
    recorderFor: createRecorders(options),
    refuse: (resource) => refuse(resource as Resource),
    optional: lookedUpOnly(controllers),
    ...(namespace === undefined ? {} : { namespace }),
    ...(shard === undefined ? {} : { serves: ({ metadata }: KubeObject) => shard(metadata.labels ?? {}) }),
    ...(onFinished === undefined ? {} : { onFinished }),
    ...(observed === undefined ? {} : { observed }),
  });
  return engine;
}

/** Sources that others serve: an older Flux does not know all of them. */
function lookedUpOnly(controllers: readonly ControllerGroup[] = controllerGroups): readonly GroupVersionKind[] {
  return controllers.includes('source') ? [externalArtifactKind] : [externalArtifactKind, ociRepositoryKind, bucketKind];
}

/** Nothing is ignored in silence: what a resource asks for and is not there yet stalls it, naming the field. */
function refuse(resource: Resource): ReadyState | null {
  const gaps = findNotImplemented(resource);
  return gaps.length === 0 ? null : { status: 'False', reason: 'NotImplemented', message: gaps.join('\n') };
}

/** Guards bind whoever runs the image controllers, whatever else runs. */
function createReceivers({ options, engine }: Parts, checkAddress: CheckAddress): Receivers {
  const { clock, log, webhooks, onWebhook, tenancy, observed } = options;
  const registration = registrationOf(options, 'notification-controller');
  return registerReceivers({
    ...{ engine, registration, cluster: registration.cluster, clock, log, checkAddress, onWebhook },
    noCrossNamespaceRefs: tenancy?.noCrossNamespaceRefs,
    listen: observed === undefined ? webhooks : undefined,
  });
}

/** Events of each controller: on the API, and on to whoever notifies people. */
function createRecorders({ home, clock, log, eventsAddress, observed }: AppOptions): (component: string) => EventRecorder {
  const forwarder =
    eventsAddress === undefined || observed !== undefined ? null : createEventForwarder({ address: eventsAddress, clock, log });
  return (component) => {
    const recorder = createEventRecorder({ cluster: home, component, clock, log });
    if (forwarder === null) return recorder;
    return {
      record(resource, note) {
        recorder.record(resource, note);
        forwarder.forward(resource, note, component);
      },
      flush: async () => void (await Promise.all([recorder.flush(), forwarder.flush()])),
    };
  };
}

function createGuards({ options, engine, registry, store, remotes }: Parts, checkAddress: CheckAddress): Guards {
  const { home, clock, log, namespace, guardNamespace = defaultGuardNamespace } = options;
  const registration = registrationOf(options, 'image-automation-controller');
  const recorder = createEventRecorder({ cluster: home, component: registration.component, clock, log });
  return registerGuards({
    ...{ engine, registration, home, registry, store, clock, remotes, checkAddress, guardNamespace, recorder },
    logins: createCloudLogins({ clock }),
    follows: ({ kind }) => kind !== kustomizationKind.kind || (options.controllers ?? controllerGroups).includes('kustomize'),
    ...(namespace === undefined ? {} : { namespace }),
  });
}

const defaultGuardNamespace = 'flux-system';

function registerImages({ options, engine, registry, store }: Parts, guards: Guards): void {
  const registration = registrationOf(options, 'image-reflector-controller');
  const { cluster } = registration;
  const logins = createCloudLogins({ clock: options.clock });
  const listPolicies = () => engine.cache(imagePolicyKind).list() as ImagePolicy[];
  const listRepositories = () => engine.cache(imageRepositoryKind).list() as ImageRepository[];
  const find = (name: NamespacedName) => engine.cache(imageRepositoryKind).get(formatKey(name)) as ImageRepository | undefined;
  const kept = createTagLists(store);
  const { tagLists, findRepository } =
    options.observed === undefined
      ? { tagLists: kept, findRepository: find }
      : observeListings(kept, find, { listPolicies, wake: engine.wake });
  const scanner = createImageRepositoryReconciler({ cluster, registry, tagLists, logins, listPolicies });
  engine.register(scanner, { ...registration, wakes: imageRepositoryWakes(listRepositories) });
  const chooser = createImagePolicyReconciler({
    ...{ cluster, registry, tagLists, logins, findRepository },
    guards: guards.selection,
    noCrossNamespaceRefs: options.tenancy?.noCrossNamespaceRefs === true,
  });
  engine.register(chooser, { ...registration, wakes: [...imagePolicyWakes(listPolicies), ...policyGuardWakes(guards)] });
}

function serveArtifacts(
  address: NonNullable<AppOptions['artifacts']>,
  { stateFolder, clock }: AppOptions,
): Promise<ArtifactServer> {
  return createArtifactServer({ folder: join(stateFolder, 'artifacts'), clock, ...address });
}

function registerSources(
  { options, engine, git, registry, logins, news, artifacts, contents, checkAddress }: Parts,
  server: ArtifactServer | null,
): void {
  const registration = registrationOf(options, 'source-controller');
  const { cluster } = registration;
  const publishing = createPublishing(server);
  const repositories = engine.cache(gitRepositoryKind);
  const reconciler = createGitRepositoryReconciler({
    ...{ cluster, git, logins, news, artifacts, pickSemver, ...publishing },
    repository: (name) => repositories.get(formatKey(name)) as GitRepository | undefined,
  });
  engine.register(reconciler, { ...registration, wakes: gitRepositoryWakes(() => repositories.list() as GitRepository[]) });
  const cloudLogins = createCloudLogins({ clock: options.clock });
  const oci = { cluster, registry, artifacts, contents, logins: cloudLogins, ...publishing };
  engine.register(createOciRepositoryReconciler(oci), registration);
  const buckets = { cluster, artifacts, contents, checkAddress, ...publishing };
  engine.register(createBucketReconciler(buckets), registration);
}

/** Artifacts that wake the Kustomizations of their source when they come back after a restart. */
function shareArtifacts(memory: Artifacts, engine: Engine): Artifacts {
  return wakeOnArtifacts(memory, {
    list: () => listKustomizations(engine),
    source: (ref) => findSource(engine, ref),
    wake: engine.wake,
  });
}

/** Returns what has to be stopped. */
function registerKustomizations({ options, engine, store, artifacts, memory, contents, checkAddress, remotes }: Parts): {
  stop(): Promise<void>;
} {
  const { home, clock, log, namespace, self } = options;
  const { wake } = engine;
  const registration = registrationOf(options, 'kustomize-controller');
  const target = fenceCluster(options.target, gateOf(options, 'kustomize-controller'));
  removeDecryptedLeftovers().catch((error: unknown) =>
    log.warn('decrypted files of an earlier process could not be removed', { error: errorMessage(error) }),
  );
  const drift = createDriftWatchers({ clock, log, wake });
  const expressions = createExpressions({ clock });
  const list = () => listKustomizations(engine);
  const fetcher = createArtifactFetcher({ store: contents, clock, checkAddress });
  const others = createArtifactsOfOthers({ artifacts: memory, fetcher, isOurs: servesSource(options) });
  const reconciler = createKustomizationReconciler({
    ...{ cluster: target, home, artifacts, store, clock, log, wake, drift, list, expressions, remotes },
    ...options.tenancy,
    decryption: decryptionTools(options),
    builder: createBuilder({ log, kustomize: () => findKustomize(process.env['PATH']) }),
    source: (ref) => findSource(engine, ref),
    obtainArtifact: others.obtain,
    requestArtifact: (source) => wake(source, 'its artifact is not in memory'),
    ...(self === undefined ? {} : { self }),
  });
  const statusManager = 'gotk-kustomize-controller';
  engine.register(reconciler, { ...registration, statusManager, wakes: kustomizationWakes(list), concurrency: 8 });
  const configs = createConfigWatcher({ home, log, wake, list, ...(namespace === undefined ? {} : { namespace }) });
  return { stop: async () => void (await Promise.all([drift.stop(), configs.stop(), expressions.close(), fetcher.close()])) };
}

/** Whose artifact is made here: that of a source which this process writes at the moment. Every other one is downloaded. */
function servesSource(options: AppOptions): (ref: SourceRef, source: KubeObject) => boolean {
  const gate = gateOf(options, 'source-controller');
  const { controllers = controllerGroups, shard = () => true } = options;
  return ({ kind }, { metadata }) =>
    kind !== externalArtifactKind.kind && controllers.includes('source') && gate.isOpen() && shard(metadata.labels ?? {});
}

/** In a pod this machine is none of its tenants' business; outside, a registry or git host beside the bot is common. */
function mayUseLoopback({ self, allowLoopback }: Pick<AppOptions, 'self' | 'allowLoopback'>): boolean {
  return allowLoopback ?? self === undefined;
}

/** The one rule about addresses that somebody else chose, for whoever sends something there. */
function checkAddressOf({ forbiddenAddresses = [], ...options }: AppOptions): CheckAddress {
  return createEgressCheck({ allowLoopback: mayUseLoopback(options), forbidden: forbiddenAddresses });
}

/** Key services whose addresses stand in repositories are reached like anything that somebody else chose. */
function decryptionTools({ decryption, ...options }: AppOptions): DecryptionTools {
  const route = { checkAddress: checkAddressOf(options) };
  let opened: Promise<typeof globalThis.fetch> | undefined;
  return {
    ...decryption,
    fetch: async (input, init) => {
      opened ??= createTenantFetch(route);
      return (await opened)(input, init);
    },
  };
}

/** Another cluster, by what somebody else wrote: fenced like our own, and never at an address that is off limits. */
function connectRemote({ clock, log, ...options }: AppOptions): ConnectRemote {
  const gate = writeGateOf(options, 'kustomize-controller');
  const checkAddress = createEgressCheck({ allowLoopback: mayUseLoopback(options) });
  const shared = { clock, log, checkAddress, userAgent: 'tagalong', requestTimeoutMs: remoteTimeoutMs };
  return async (access) => {
    const kubeconfig = 'kubeconfig' in access ? { tenantYaml: access.kubeconfig } : connectionTo(access);
    return fenceCluster(await createCluster({ ...shared, kubeconfig }), gate);
  };
}

const remoteTimeoutMs = 30_000;

function listKustomizations(engine: Engine): Kustomization[] {
  return engine.cache(kustomizationKind).list() as Kustomization[];
}

function findSource(engine: Engine, { kind, namespace, name }: SourceRef): KubeObject | undefined {
  const found = sourceKinds.find((candidate) => candidate.kind === kind);
  return found === undefined ? undefined : engine.cache(found).get(formatKey({ namespace, name }));
}

function pickSemver(range: string, tags: readonly string[]): string | null {
  const compiled = compileTagPolicy({ policy: { semver: { range } } });
  if (compiled.kind === 'invalid')
    throw new TagalongError('BAD_RANGE', compiled.reason, { retry: 'never', reason: 'GitOperationFailed' });
  const choice = selectTag(compiled.policy, tags);
  return choice.kind === 'selected' ? choice.tag : null;
}

/** Returns what has to be stopped. */
function registerAutomations(parts: Parts, guards: Guards, clusterId: string): { stop(): Promise<void> } {
  const { options, engine, store, git, logins, news } = parts;
  const listSources = () => engine.cache(gitRepositoryKind).list() as GitRepository[];
  const registration = registrationOf(options, 'image-automation-controller');
  const { cluster } = registration;
  const wakeSource = options.controllers?.includes('source') === false ? askSource(options, cluster) : wakeOwnSource(engine);
  const onPushed = (mirror: GitMirror, branch: string, commit: Oid) => {
    news.announce(mirror, branch, commit);
    for (const source of listSources().filter((one) => followsBranch(one, mirror.remote.url, branch))) wakeSource(source);
    if (runsBeside(options)) void refreshApplications(cluster, mirror.remote.url, branch, options.log);
  };
  const writing: Omit<AutomationDeps, 'rollouts' | 'answerRequests'> = {
    cluster,
    git,
    logins,
    news,
    clusterId,
    pickSemver,
    signers: createSigners(),
    forges: parts.forges,
    noCrossNamespaceRefs: options.tenancy?.noCrossNamespaceRefs === true,
    mayPush: (ref) => isRefAllowed(ref, options.allowedPushRefs),
    memories: createAutomationMemories(store),
    listPolicies: (namespace) =>
      (engine.cache(imagePolicyKind).list() as ImagePolicy[]).filter(({ metadata }) => metadata.namespace === namespace),
    markersOf: perMirror((mirror) => createBlobIndex<FoundMarkers>({ mirror, matches: isMarkerFile, inspect: inspectMarkers })),
    holdsOf: perMirror(createHoldFinder),
    guards: guards.desk.forAutomation,
    onPushed,
  };
  const followsKustomizations = options.controllers?.includes('kustomize') !== false;
  const sight = createRolloutSight({
    ...{ engine, cluster, clusterId, followsKustomizations, remotes: parts.remotes, target: options.target },
    defaultServiceAccount: options.tenancy?.defaultServiceAccount,
    waiting: () => guards.desk.board.all(),
  });
  const listAutomations = () => engine.cache(imageUpdateAutomationKind).list() as ImageUpdateAutomation[];
  const requests = { ...sight, onPushed, listAutomations, listGuards: guards.listGuards };
  const automations: AutomationDeps = {
    ...writing,
    rollouts: createRolloutRecorder(sight, store),
    answerRequests: (automation, writer, context) => answerRequests(automation, writer, context, requests),
  };
  engine.register(createImageUpdateAutomationReconciler(automations), {
    ...registration,
    wakes: [...automationWakes(listAutomations), ...automationRequestWakes(listAutomations), ...automationGuardWakes(guards)],
  });
  return registerRollouts({
    ...{ engine, registration, sight, automations, followsKustomizations, clock: options.clock },
    guardNamespace: guards.guardNamespace,
    onProgress: options.onRollout ?? (() => {}),
  });
}

/** Somebody else applies what we push. */
function runsBeside({ controllers }: AppOptions): boolean {
  return controllers?.includes('kustomize') === false;
}

function wakeOwnSource(engine: Engine): (source: GitRepository) => void {
  return (source) => engine.wake(describeSource(source), 'we pushed to its branch');
}

/** Another process serves the sources: it is asked as `flux reconcile` asks, so that it need not poll. */
function askSource({ clock, log }: AppOptions, cluster: Cluster): (source: GitRepository) => void {
  return (source) => {
    const ref = { ...gitRepositoryKind, ...describeSource(source) };
    const annotations = { [requestedAtAnnotation]: new Date(clock.now()).toISOString() };
    cluster.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager: 'tagalong' }).catch((error: unknown) => {
      log.warn('source could not be told of a push; it follows at its interval', { ...ref, error: errorMessage(error) });
    });
  };
}

/** One of something for each mirror, made on first use and gone with the mirror. */
function perMirror<T>(create: (mirror: GitMirror) => T): (mirror: GitMirror) => T {
  const made = new WeakMap<GitMirror, T>();
  return (mirror) => {
    const known = made.get(mirror) ?? create(mirror);
    made.set(mirror, known);
    return known;
  };
}

/** Null where a file has neither markers nor anything to say about them. */
function inspectMarkers(path: string, bytes: Buffer): FoundMarkers | null {
  if (!mayHaveMarkers(bytes)) return null;
  const decoded = decodeText(path, bytes);
  if (decoded.kind === 'problem') return { markers: [], problems: [decoded.problem] };
  const found = findMarkers(path, decoded.text);
  return found.markers.length + found.problems.length === 0 ? null : found;
}

function followsBranch({ spec }: GitRepository, url: string, branch: string): boolean {
  return (spec.ref?.branch ?? 'master') === branch && spec.suspend !== true && remoteKey(spec.url) === remoteKey(url);
}

function describeSource({ kind, metadata }: GitRepository): { kind: string; namespace: string; name: string } {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}

/** The uid of the namespace kube-system, which names a cluster for its whole life. */
async function readClusterId(home: Cluster): Promise<string> {
  const namespace = await home.get({ group: '', version: 'v1', kind: 'Namespace', name: 'kube-system' });
  return namespace?.metadata.uid ?? 'unknown';
}
