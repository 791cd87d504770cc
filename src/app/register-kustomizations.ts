import { externalArtifactKind } from '../api/index.ts';
import { createTenantFetch } from '../auth/index.ts';
import { createBuilder, findKustomize } from '../build/index.ts';
import { errorMessage, type KubeObject, type SourceRef } from '../core/index.ts';
import { removeDecryptedLeftovers } from '../decrypt/index.ts';
import { createExpressions } from '../expression/index.ts';
import { controllerGroups, fenceCluster } from '../lease/index.ts';
import {
  createArtifactsOfOthers,
  createConfigWatcher,
  createDriftWatchers,
  createKustomizationReconciler,
  type DecryptionTools,
  kustomizationWakes,
} from '../reconcilers/index.ts';
import { createArtifactFetcher } from '../source/index.ts';
import { checkAddressOf } from './addresses.ts';
import { gateOf, registrationOf } from './gates.ts';
import { findSource, listKustomizations } from './look-up.ts';
import type { AppOptions } from './options.ts';
import type { Parts } from './parts.ts';

/** Returns what has to be stopped. */
export function registerKustomizations({ options, engine, store, artifacts, memory, contents, checkAddress, remotes }: Parts): {
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
  const builder = createBuilder({ log, kustomize: () => findKustomize(process.env['PATH']) });
  options.room?.subscribe((enough) => enough || builder.forget());
  const reconciler = createKustomizationReconciler({
    ...{ cluster: target, home, artifacts, store, clock, log, wake, drift, list, expressions, remotes },
    ...options.tenancy,
    decryption: decryptionTools(options),
    builder,
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
