import type { Kustomization } from '../api/index.ts';
import { type Cluster, errorMessage, keyOf, type Log, type NamespacedName, nameOf, parseKey, type Wake } from '../core/index.ts';

export interface ConfigWatcher {
  stop(): Promise<void>;
}

export interface ConfigWatcherOptions {
  /** Where Kustomizations live. */
  readonly home: Cluster;
  readonly log: Log;
  readonly wake: Wake;
  readonly list: () => readonly Kustomization[];
  /** Only there; absent = everywhere. */
  readonly namespace?: string;
}

const selector = 'reconcile.fluxcd.io/watch=Enabled';
const kinds = ['ConfigMap', 'Secret'] as const;

/** Runs Kustomizations whose variables, keys or clusters changed: follows the metadata of ConfigMaps and Secrets with the label that asks for it. */
export function createConfigWatcher(options: ConfigWatcherOptions): ConfigWatcher {
  const stopping = new AbortController();
  const watches = kinds.map((kind) => follow(kind, options, stopping.signal));
  return {
    async stop() {
      stopping.abort(new Error('shutting down'));
      await Promise.all(watches);
    },
  };
}

async function follow(
  kind: (typeof kinds)[number],
  { home, log, wake, list, namespace }: ConfigWatcherOptions,
  signal: AbortSignal,
): Promise<void> {
  const versions = new Map<string, string | undefined>();
  const tell = (key: string, version: string | undefined) => {
    if (versions.get(key) === version) return;
    versions.set(key, version);
    for (const one of list().filter((candidate) => refersTo(candidate, kind, parseKey(key))))
      wake({ kind: one.kind, ...nameOf(one) }, `${kind} ${key} changed`);
  };
  let isFirst = true;
  const options = { labelSelector: selector, metadataOnly: true, signal, ...(namespace === undefined ? {} : { namespace }) };
  try {
    await home.watch({ group: '', version: 'v1', kind }, options, (event) => {
      if (event.type !== 'synced')
        return tell(keyOf(event.object), event.type === 'deleted' ? undefined : event.object.metadata.resourceVersion);
      const listed = new Map(event.objects.map((object) => [keyOf(object), object.metadata.resourceVersion]));
      // What is there at the start is read by the first run of each Kustomization.
      if (isFirst) for (const [key, version] of listed) versions.set(key, version);
      else for (const key of [...versions.keys(), ...listed.keys()]) tell(key, listed.get(key));
      isFirst = false;
    });
  } catch (error) {
    if (!signal.aborted) log.warn('changes of variables are found at the interval', { kind, error: errorMessage(error) });
  }
}

function refersTo(kustomization: Kustomization, kind: string, { namespace, name }: NamespacedName): boolean {
  if (nameOf(kustomization).namespace !== namespace) return false;
  const { postBuild, kubeConfig, decryption } = kustomization.spec;
  const references = [
    ...(postBuild?.substituteFrom ?? []),
    { kind: 'Secret', name: kubeConfig?.secretRef?.name },
    { kind: 'ConfigMap', name: kubeConfig?.configMapRef?.name },
    { kind: 'Secret', name: decryption?.secretRef?.name },
  ];
  return references.some((reference) => reference.kind === kind && reference.name === name);
}
