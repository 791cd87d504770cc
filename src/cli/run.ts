import { mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { customResourceDefinitions, servedKinds } from '../api/index.ts';
import { type AppOptions, createApp, type Tenancy } from '../app.ts';
import { createCluster, type KubeconfigSource, podEnvironment, routeByGroup } from '../cluster/index.ts';
import { type Cluster, errorMessage, type LabelTest, type Log, parseLabelSelector, systemClock } from '../core/index.ts';
import {
  type ControllerGroup,
  controllerGroups,
  createLeases,
  describePassive,
  type Leases,
  parseControllerGroups,
} from '../lease/index.ts';
import { createLog, type LogLevel, logLevels } from '../log/index.ts';
import { createPoliciesSync, describeProblems, watchFolder } from '../policies/index.ts';
import { describeRight, findMissingRights, requiredRights } from '../rights/index.ts';
import { lockFolder } from '../state/index.ts';
import { createMetrics, serveHealth } from '../web/index.ts';
import { parseDuration } from './cluster-options.ts';
import { CliError } from './error.ts';
import { type RuntimePlace, readRuntimePlace } from './runtime-place.ts';

interface RunOptions {
  readonly policies?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly httpAddr?: { readonly host: string; readonly port: number };
  readonly artifactAddr?: { readonly host: string; readonly port: number };
  readonly artifactAdvertise?: string;
  readonly artifactRetentionRecords: number;
  readonly artifactRetentionTtl: number;
  readonly stateDir: string;
  readonly watchNamespace?: string;
  readonly watchLabelSelector?: { readonly text: string; readonly test: LabelTest };
  readonly controllers: readonly ControllerGroup[];
  readonly allowedPushRefs?: readonly string[];
  readonly leaderElect?: boolean;
  readonly defaultServiceAccount?: string;
  readonly crossNamespaceRefs: boolean;
  readonly guardNamespace?: string;
  readonly sopsAgeSecret?: string;
  readonly sopsVaultConfigmap?: string;
  readonly defaultDecryptionServiceAccount?: string;
  readonly allowLoopback?: boolean;
  readonly logLevel: LogLevel;
  readonly logFile?: string;
}

const userAgent = 'tagalong';

/** `tagalong run`: the bot itself. */
export function createRunCommand(): Command {
  return new Command('run')
    .description('run the bot: scan, pick, commit, apply, keep')
    .option(
      '--policies <dir>',
      'read the resources from this folder and keep them in an embedded control plane, instead of a cluster',
    )
    .option(
      '--kubeconfig <file>',
      'the cluster of the resources; with --policies, the cluster that is applied to (default: the pod it runs in)',
    )
    .option('--context <name>', 'context of the kubeconfig')
    .option('--http-addr <host:port>', 'serve /healthz, /readyz and /metrics there', parseAddress)
    .option('--artifact-addr <host:port>', 'serve the archives of sources there, for other controllers', parseAddress)
    .option('--artifact-advertise <host:port>', 'how others reach that address; it stands in status.artifact.url')
    .option('--artifact-retention-records <number>', 'how many archives of a source stay, with the current one', parseRecords, 2)
    .addOption(
      new Option('--artifact-retention-ttl <duration>', 'how long a replaced archive stays')
        .argParser(parseDuration)
        .default(60_000, '1m'),
    )
    .option('--state-dir <dir>', 'mirrors, listings and records; losing it costs time, never truth', defaultStateFolder())
    .option('--watch-namespace <name>', 'only the objects of this namespace')
    .option(
      '--watch-label-selector <selector>',
      "serve only objects with these labels, as a shard: 'sharding.fluxcd.io/key=shard1', or '!sharding.fluxcd.io/key' for the rest",
      parseShard,
    )
    .option(
      '--controllers <list>',
      'run only these parts: image, source, kustomize (which needs source)',
      parseControllers,
      controllerGroups,
    )
    .option(
      '--allowed-push-refs <globs>',
      'refs that automations may push, such as refs/heads/main,refs/heads/tagalong/* (default: all)',
      parseGlobs,
    )
    .option('--default-service-account <name>', 'apply as this ServiceAccount of their namespace where Kustomizations name none')
    .option(
      '--guard-namespace <name>',
      'UpdateGuards there bind every namespace; by default the namespace of the bot, else flux-system',
    )
    .option('--no-cross-namespace-refs', 'refuse sources of other namespaces')
    .option('--sops-age-secret <name>', 'Secret whose age identities decrypt where spec.decryption names no Secret')
    .option('--sops-vault-configmap <name>', 'ConfigMap with the Vault servers that ServiceAccounts may log in at (config.yaml)')
    .option(
      '--default-decryption-service-account <name>',
      'ask key services as this ServiceAccount of their namespace where spec.decryption names none',
    )
    .option('--no-remote-bases', 'accepted as in Flux: remote bases are always refused')
    .option(
      '--leader-elect [boolean]',
      'write a kind only while its Lease is held, the one of the Flux controller it belongs to (default: in a cluster, where --policies is not given)',
      parseBoolean,
    )
    .option(
      '--allow-loopback',
      'in a pod: let sources, registries and other clusters be at addresses of the pod itself (a sidecar)',
    )
    .addOption(new Option('--log-level <level>', 'what to log on stderr').choices(logLevels).default('info'))
    .option('--log-file <file>', 'log there too, appending, for `tagalong logs --file`')
    .addHelpText('after', examples)
    .action(run);
}

const examples = `
Examples:
  tagalong run                                             in a cluster
  tagalong run --controllers=image                         only scan and commit, beside Flux or Argo CD
  tagalong run --kubeconfig ~/.kube/config                 beside a cluster, its resources there
  tagalong run --policies policies/ --kubeconfig ~/.kube/config
                                                           resources from a folder, workloads to the cluster`;

async function run(options: RunOptions): Promise<void> {
  const log = createLog(options.logLevel, options.logFile);
  if (options.policies !== undefined) await checkPoliciesFolder(options.policies);
  await using stack = new AsyncDisposableStack();
  const stateFolder = resolve(options.stateDir);
  stack.use(await openStateFolder(stateFolder));
  const { home, target } = await connect(options, stateFolder, log, stack);
  const place = readRuntimePlace(process.env, podEnvironment().folder);
  const leases = openLeases(options, home, place, log);
  if (leases !== null) stack.defer(() => leases.release());
  if (options.policies === undefined) await tellMissingRights(options, home, leases === null ? null : place.namespace, log);
  const metrics = createMetrics({
    depths: () => app.engine.depths(),
    objects: () => app.engine.objects(),
    leases: () => leases?.states() ?? [],
  });
  let isReady = false;
  const app = await createApp({
    ...{ home, target, stateFolder, log, clock: systemClock, guardNamespace: options.guardNamespace ?? place.namespace },
    ...(options.watchNamespace === undefined ? {} : { namespace: options.watchNamespace }),
    ...(options.watchLabelSelector === undefined ? {} : { shard: options.watchLabelSelector.test }),
    ...(options.artifactAddr === undefined
      ? {}
      : {
          artifacts: {
            ...options.artifactAddr,
            retention: { records: options.artifactRetentionRecords, ttlMs: options.artifactRetentionTtl },
            ...(options.artifactAdvertise === undefined ? {} : { advertise: options.artifactAdvertise }),
          },
        }),
    ...(options.allowLoopback === true ? { allowLoopback: true } : {}),
    onFinished: (finished) => metrics.observeRun(finished),
    onRollout: (progress) => metrics.observeRollout(progress),
    controllers: options.controllers,
    tenancy: tenancyOf(options),
    decryption: decryptionOf(options, place.self?.namespace),
    ...(options.allowedPushRefs === undefined ? {} : { allowedPushRefs: options.allowedPushRefs }),
    ...(leases === null ? {} : { leases }),
    ...(place.self === undefined || options.policies !== undefined ? {} : { self: place.self }),
  });
  stack.defer(() => app.stop());
  leases?.start();
  if (options.httpAddr !== undefined) {
    const server = stack.use(
      await serveHealth({
        ...{ ...options.httpAddr, metrics, isReady: () => isReady },
        notes: () => describePassive(leases?.states() ?? []),
      }).catch((error: unknown) => {
        throw new CliError('FAILED', `serving health and metrics at --http-addr: ${errorMessage(error)}`);
      }),
    );
    log.info('serving health and metrics', { url: server.url });
  }
  await app.start();
  isReady = true;
  log.info('running', { server: home.server, controllers: options.controllers, leases: leases !== null });
  if (options.policies !== undefined) await followPolicies(resolve(options.policies), home, app.store, log, stack);
  log.info('stopping', { signal: await untilSignal() });
}

function tenancyOf({ defaultServiceAccount = '', crossNamespaceRefs }: RunOptions): Tenancy {
  return {
    ...(defaultServiceAccount === '' ? {} : { defaultServiceAccount }),
    ...(crossNamespaceRefs ? {} : { noCrossNamespaceRefs: true }),
  };
}

/** Names without a namespace are of the one that this process runs in. */
function decryptionOf(options: RunOptions, ownNamespace: string | undefined): NonNullable<AppOptions['decryption']> {
  const { sopsAgeSecret, sopsVaultConfigmap, defaultDecryptionServiceAccount: account = '' } = options;
  const read = (option: string, text: string) => {
    const [name = '', namespace = ownNamespace] = text.split('/').toReversed();
    if (namespace !== undefined && name !== '') return { namespace, name };
    throw new CliError('USAGE', `${option} ${text}: outside of a cluster it needs a namespace: ${option} NAMESPACE/NAME`);
  };
  return {
    ...(sopsAgeSecret === undefined ? {} : { ageSecret: read('--sops-age-secret', sopsAgeSecret) }),
    ...(sopsVaultConfigmap === undefined ? {} : { vaultConfigMap: read('--sops-vault-configmap', sopsVaultConfigmap) }),
    ...(account === '' ? {} : { defaultServiceAccount: account }),
  };
}

/** A mistyped folder is told at once; one that vanishes later removes nothing. */
async function checkPoliciesFolder(folder: string): Promise<void> {
  await readdir(folder).catch((error: unknown) => {
    throw new CliError('USAGE', `--policies ${folder}: ${errorMessage(error)}`);
  });
}

/** One process to a folder: two would take each other's mirrors and embedded API apart. */
async function openStateFolder(folder: string): Promise<Disposable> {
  const lock = await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => lockFolder(folder))
    .catch((error: unknown) => {
      throw new CliError('USAGE', `--state-dir ${folder}: ${errorMessage(error)}`);
    });
  if (lock !== null) return lock;
  throw new CliError(
    'FAILED',
    `--state-dir ${folder} is in use by another tagalong; end that one, or give this one a folder of its own`,
  );
}

/** Leases where others may write the same kinds: in a cluster, or where it was asked for. */
function openLeases(
  { policies, kubeconfig, leaderElect, controllers, watchLabelSelector }: RunOptions,
  cluster: Cluster,
  { namespace, identity, inCluster }: RuntimePlace,
  log: Log,
): Leases | null {
  const byDefault = inCluster && kubeconfig === undefined && policies === undefined;
  if (!(leaderElect ?? byDefault)) return null;
  const shard = watchLabelSelector === undefined ? {} : { shard: watchLabelSelector.text };
  return createLeases({ cluster, namespace, identity, groups: controllers, clock: systemClock, log, ...shard });
}

/** Names each right that is missing, in one go: a run would stumble over them one after the other. */
async function tellMissingRights(
  { controllers, watchNamespace }: RunOptions,
  cluster: Cluster,
  leaseNamespace: string | null,
  log: Log,
): Promise<void> {
  const wanted = requiredRights({ controllers, ...(leaseNamespace === null ? {} : { leaseNamespace }) });
  try {
    const options = watchNamespace === undefined ? {} : { namespace: watchNamespace };
    for (const right of await findMissingRights(cluster, wanted, options))
      log.error('a right is missing; see deploy/ for the roles', { right: describeRight(right), for: right.because });
  } catch (error) {
    log.warn('rights could not be checked', { error: errorMessage(error) });
  }
}

/** Where the resources live and where they are applied. */
async function connect(
  options: RunOptions,
  stateFolder: string,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{ home: Cluster; target: Cluster }> {
  const open = async (kubeconfig: KubeconfigSource, context?: string) => {
    const cluster = await createCluster({
      kubeconfig,
      userAgent,
      log,
      clock: systemClock,
      ...(context === undefined ? {} : { context }),
    });
    stack.defer(() => cluster.close());
    return cluster;
  };
  const given = options.kubeconfig === undefined ? null : await open({ path: options.kubeconfig }, options.context);
  if (options.policies === undefined) {
    const home = given ?? (await open('in-cluster'));
    return { home, target: home };
  }
  const home = await open({ yaml: await startEmbedded(stateFolder, given === null, log, stack) });
  const groups = new Set(servedKinds.map(({ group }) => group));
  return { home, target: given === null ? home : routeByGroup(home, given, (group) => groups.has(group)) };
}

async function startEmbedded(stateFolder: string, simulate: boolean, log: Log, stack: AsyncDisposableStack): Promise<string> {
  const { startControlPlane } = await import('../control-plane/index.ts');
  const controlPlane = await startControlPlane({
    ...{ stateFolder, log, clock: systemClock, customResourceDefinitions: customResourceDefinitions() },
    ...(simulate ? { simulateWorkloads: { canPull: () => true } } : {}),
  });
  stack.defer(() => controlPlane.stop());
  log.info('embedded control plane', { kubeconfig: controlPlane.kubeconfigPath });
  return controlPlane.kubeconfigYaml;
}

async function followPolicies(
  folder: string,
  home: Cluster,
  store: Parameters<typeof createPoliciesSync>[0]['store'],
  log: Log,
  stack: AsyncDisposableStack,
): Promise<void> {
  const policies = createPoliciesSync({ folder, cluster: home, store, log });
  let running: Promise<void> = Promise.resolve();
  const sync = () => {
    running = running
      .then(() => policies.sync())
      .then(
        ({ problems }) =>
          void (problems.length > 0 && log.error('policies have problems', { folder, problems: describeProblems(problems) })),
        (error: unknown) => log.error('policies could not be read', { folder, error: errorMessage(error) }),
      );
    return running;
  };
  await sync();
  const stopping = new AbortController();
  const watching = watchFolder(folder, systemClock, () => void sync(), stopping.signal).catch((error: unknown) => {
    log.error('policies cannot be watched; changes need a restart', { folder, error: errorMessage(error) });
  });
  stack.defer(async () => {
    stopping.abort();
    await Promise.all([watching, running]);
  });
}

function untilSignal(): Promise<string> {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => done(name));
  });
}

function parseRecords(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number from 1 on: the current one always stays.');
}

/** `host:port`, `:port` (every address) or `[::1]:port`. */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new InvalidArgumentError('it has to be host:port, such as 127.0.0.1:8080 or :8080');
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

function parseGlobs(text: string): string[] {
  const globs = text.split(',').map((glob) => glob.trim());
  if (globs.every((glob) => glob.startsWith('refs/'))) return globs;
  throw new InvalidArgumentError('it has to be full ref names, separated by commas, where * stands for anything: refs/heads/*');
}

function parseControllers(text: string): ControllerGroup[] {
  try {
    return parseControllerGroups(text);
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}

function parseShard(text: string): { text: string; test: LabelTest } {
  try {
    return { text, test: parseLabelSelector(text) };
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('it has to be true or false');
  return text === 'true';
}

function defaultStateFolder(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'tagalong');
}
