import { join } from 'node:path';
import { GitLogins } from '../auth/index.ts';
import type { Artifacts, Cluster, Store } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import { createForges } from '../forge/index.ts';
import { createGit } from '../git/index.ts';
import { assertOpen, controllerGroups } from '../lease/index.ts';
import { createRemoteClusters, MirrorNews, wakeOnArtifacts } from '../reconcilers/index.ts';
import { createRegistry } from '../registry/index.ts';
import { type ArtifactServer, createArtifactServer, createArtifacts, createContentStore } from '../source/index.ts';
import { createFileStore } from '../state/index.ts';
import { checkAddressOf, connectRemote } from './addresses.ts';
import { createEngine } from './create-engine.ts';
import { fenceObserver, writeGateOf } from './gates.ts';
import { findSource, listKustomizations } from './look-up.ts';
import type { AppOptions } from './options.ts';
import type { Parts } from './parts.ts';
import { registerAutomations } from './register-automations.ts';
import { createGuards, registerImages } from './register-images.ts';
import { registerKustomizations } from './register-kustomizations.ts';
import { registerSources } from './register-sources.ts';
import { registerWebhooks } from './register-webhooks.ts';

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
  const { onRegistryRequest: onRequest } = options;
  const registry = createRegistry({ clock, log, checkAddress, ...(onRequest === undefined ? {} : { onRequest }) });
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
  const receivers = runs.has('notification') ? registerWebhooks(parts, checkAddress) : null;
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

function serveArtifacts(
  address: NonNullable<AppOptions['artifacts']>,
  { stateFolder, clock }: AppOptions,
): Promise<ArtifactServer> {
  return createArtifactServer({ folder: join(stateFolder, 'artifacts'), clock, ...address });
}

/** Artifacts that wake the Kustomizations of their source when they come back after a restart. */
function shareArtifacts(memory: Artifacts, engine: Engine): Artifacts {
  return wakeOnArtifacts(memory, {
    list: () => listKustomizations(engine),
    source: (ref) => findSource(engine, ref),
    wake: engine.wake,
  });
}

/** The uid of the namespace kube-system, which names a cluster for its whole life. */
async function readClusterId(home: Cluster): Promise<string> {
  const namespace = await home.get({ group: '', version: 'v1', kind: 'Namespace', name: 'kube-system' });
  return namespace?.metadata.uid ?? 'unknown';
}
