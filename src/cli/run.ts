import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { createApp } from '../app/index.ts';
import { type OnRequest, podEnvironment } from '../cluster/index.ts';
import { systemClock } from '../core/index.ts';
import { controllerGroups } from '../lease/index.ts';
import { createLog, logLevels } from '../log/index.ts';
import { createMetrics } from '../web/index.ts';
import { parseDuration } from './cluster-options.ts';
import { CliError } from './error.ts';
import { ObservationBook } from './observe/observation-book.ts';
import { observe } from './observe/observe.ts';
import { findCollector, releaseMemoryWhenIdle } from './release-memory.ts';
import { appOptionsOf } from './run/app-options.ts';
import { connect } from './run/connect.ts';
import { followPolicies } from './run/follow-policies.ts';
import { checkPoliciesFolder, openStateFolder } from './run/open-folders.ts';
import { openLeases } from './run/open-leases.ts';
import {
  parseAddress,
  parseBoolean,
  parseControllers,
  parseGlobs,
  parseRecords,
  parseShard,
  parseWebUrl,
} from './run/parse-flags.ts';
import type { RunOptions } from './run/run-options.ts';
import { serveListeners } from './run/serve-listeners.ts';
import { tellMissingNamespace } from './run/tell-missing-namespace.ts';
import { tellMissingRights } from './run/tell-missing-rights.ts';
import { watchClocks } from './run/watch-clocks.ts';
import { watchMemory } from './run/watch-memory.ts';
import { readRuntimePlace } from './runtime-place.ts';

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
    .option(
      '--events-addr <url>',
      "send events on to there, such as http://notification-controller.flux-system: Flux's Alerts work on",
      parseWebUrl,
    )
    .option('--webhook-addr <host:port>', 'listen for the webhooks of Receivers there', parseAddress)
    .option(
      '--webhook-advertise <url>',
      'how others reach that address, such as https://hooks.example.com; `get receivers` shows it',
      parseWebUrl,
    )
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
      'run only these parts: image, source, kustomize, notification (webhooks)',
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
    .option(
      '--sigstore-trusted-root <name>',
      'ConfigMap with trusted_root.json for keyless signatures of OCIRepositories that name no root',
    )
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
    .option('--observe', 'read everything, write nothing anywhere, and report where the plans differ from what was done')
    .option('--once', 'with --observe: end when everything was looked at once; exit code 1 on a difference')
    .addOption(
      new Option('-o, --output <format>', 'with --observe: how the report is printed; json is one object a line')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--observe-report <file>', 'with --observe: keep the latest report there too, as JSON')
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
  tagalong run --observe --kubeconfig ~/.kube/config       what it would do beside the Flux there, and do nothing
  tagalong run --policies policies/ --kubeconfig ~/.kube/config
                                                           resources from a folder, workloads to the cluster`;

async function run(options: RunOptions): Promise<void> {
  checkObserving(options);
  const log = createLog(options.logLevel, options.logFile);
  if (options.policies !== undefined) await checkPoliciesFolder(options.policies);
  await using stack = new AsyncDisposableStack();
  const stateFolder = resolve(options.stateDir);
  stack.use(await openStateFolder(stateFolder));
  const collect = findCollector();
  const memory = stack.use(watchMemory({ clock: systemClock, log, collect }));
  const clocks = watchClocks(systemClock, log);
  const metrics = createMetrics({
    hasRoom: () => memory.isEnough(),
    depths: () => app.engine.depths(),
    objects: () => app.engine.objects(),
    leases: () => leases?.states() ?? [],
    clockDifferenceSeconds: clocks.seconds,
  });
  const onRequest: OnRequest = (request) => {
    metrics.observeApiRequest(request);
    clocks.see(request.serverTime);
  };
  const { home, target } = await connect(options, stateFolder, { log, onRequest }, stack);
  const place = readRuntimePlace(process.env, podEnvironment().folder);
  const leases = openLeases(options, home, place, log);
  if (leases !== null) stack.defer(() => leases.release());
  const isAsked = options.policies === undefined && options.observe !== true;
  if (isAsked) await tellMissingRights(options, home, leases === null ? null : place.namespace, log);
  await tellMissingNamespace(options, home, log);
  const book = options.observe === true ? new ObservationBook() : null;
  let isReady = false;
  const app = await createApp({
    ...{ home, target, stateFolder, log, clock: systemClock },
    ...appOptionsOf(options, place),
    room: memory,
    onFinished: (finished) => metrics.observeRun(finished),
    onRegistryRequest: metrics.observeRegistryRequest,
    onWebhook: (status) => metrics.observeWebhook(status),
    onRollout: (progress) => metrics.observeRollout(progress),
    ...(leases === null ? {} : { leases }),
    ...(book === null ? {} : { observed: book.take }),
  });
  stack.defer(() => app.stop());
  leases?.start();
  await serveListeners(options, { metrics, leases, clocks, isReady: () => isReady }, log, stack);
  await app.start();
  stack.use(releaseMemoryWhenIdle({ isIdle: () => app.engine.isIdle(), clock: systemClock, log, collect }));
  isReady = true;
  log.info('running', { server: home.server, controllers: options.controllers, leases: leases !== null });
  if (options.policies !== undefined) await followPolicies(resolve(options.policies), home, app.store, log, stack);
  const stopping = new AbortController();
  const stopped = untilSignal().finally(() => stopping.abort());
  if (book !== null) await observe({ options, engine: app.engine, book, clock: systemClock, signal: stopping.signal });
  else log.info('stopping', { signal: await stopped });
}

function checkObserving({ observe: observes, once, observeReport, output, policies }: RunOptions): void {
  const alone =
    once === true ? '--once' : observeReport !== undefined ? '--observe-report' : output === 'json' ? '--output' : null;
  if (observes !== true && alone !== null) throw new CliError('USAGE', `${alone} goes with --observe`);
  if (observes === true && policies !== undefined)
    throw new CliError('USAGE', '--observe looks at what is in a cluster; leave --policies out');
}

function untilSignal(): Promise<string> {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => done(name));
  });
}

function defaultStateFolder(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'tagalong');
}
