import { createHash } from 'node:crypto';
import type { Kustomization } from '../api/index.ts';
import { readSecretData, type SecretObject } from '../auth/index.ts';
import {
  type AccountToken,
  type Cluster,
  errorMessage,
  formatKey,
  type KubeObject,
  type NamespacedName,
  nameOf,
} from '../core/index.ts';
import { KustomizationError } from './kustomization-deps.ts';

/** How another cluster is reached: a kubeconfig that somebody else wrote, or an address and tokens. */
export type RemoteAccess =
  | { readonly kubeconfig: string }
  | { readonly server: string; readonly ca: string | null; readonly token: () => Promise<AccountToken> };

export type ConnectRemote = (access: RemoteAccess) => Promise<Cluster>;

export interface RemoteCluster {
  /** The same for the same access; another one after the Secret changed. */
  readonly key: string;
  readonly cluster: Cluster;
}

/** The clusters that Kustomizations name in `spec.kubeConfig`, each connected to once, until nobody names it any more. */
export interface RemoteClusters {
  /** Null where the Kustomization names none. Throws where what it names cannot be read or used. */
  open(kustomization: Kustomization, signal: AbortSignal): Promise<RemoteCluster | null>;
  forget(owner: NamespacedName): void;
  close(): Promise<void>;
}

interface Opened {
  readonly cluster: Promise<Cluster>;
  readonly users: Set<string>;
}

export function createRemoteClusters({ home, connect }: { home: Cluster; connect: ConnectRemote }): RemoteClusters {
  const opened = new Map<string, Opened>();
  const leave = (owner: string, except?: string) => {
    for (const [key, { cluster, users }] of opened) {
      if (key === except || !users.delete(owner) || users.size > 0) continue;
      opened.delete(key);
      void cluster.then((one) => one.close()).catch(() => {});
    }
  };
  return {
    async open(kustomization, signal) {
      const owner = formatKey(nameOf(kustomization));
      const found = await findAccess(kustomization, home, signal);
      leave(owner, found?.key);
      if (found === null) return null;
      const { key, access } = found;
      const known = opened.get(key) ?? { cluster: connect(access), users: new Set<string>() };
      opened.set(key, known);
      known.users.add(owner);
      try {
        return { key, cluster: await known.cluster };
      } catch (error) {
        opened.delete(key);
        throw unusable(kustomization, errorMessage(error), error);
      }
    },
    forget: (owner) => leave(formatKey(owner)),
    async close() {
      const all = [...opened.values()];
      opened.clear();
      await Promise.all(all.map(async ({ cluster }) => (await cluster.catch(() => null))?.close()));
    },
  };
}

/** Which cluster a Kustomization is for: only those of the same answer take objects over from each other. '' is the own one. */
export function targetOf(kustomization: Kustomization): string {
  const { secretRef, configMapRef } = kustomization.spec.kubeConfig ?? {};
  if (secretRef === undefined && configMapRef === undefined) return '';
  return JSON.stringify([nameOf(kustomization).namespace, secretRef?.name, secretRef?.key, configMapRef?.name]);
}

interface FoundAccess {
  readonly key: string;
  readonly access: RemoteAccess;
}

async function findAccess(kustomization: Kustomization, home: Cluster, signal: AbortSignal): Promise<FoundAccess | null> {
  const { secretRef, configMapRef } = kustomization.spec.kubeConfig ?? {};
  const read = (kind: string, name: string) => readReference(kustomization, { kind, name }, { home, signal });
  if (secretRef !== undefined) return accessBySecret(kustomization, await read('Secret', secretRef.name), secretRef.key);
  if (configMapRef !== undefined) return accessByConfigMap(kustomization, await read('ConfigMap', configMapRef.name), home);
  return null;
}

async function readReference(
  kustomization: Kustomization,
  { kind, name }: { readonly kind: string; readonly name: string },
  { home, signal }: { readonly home: Cluster; readonly signal: AbortSignal },
): Promise<KubeObject> {
  const { namespace } = nameOf(kustomization);
  const found = await home.get({ group: '', version: 'v1', kind, namespace, name }, signal);
  if (found !== null) return found;
  throw unusable(kustomization, `${kind} '${namespace}/${name}' not found; create it or mend the reference`);
}

function accessBySecret(kustomization: Kustomization, secret: KubeObject, key: string | undefined): FoundAccess {
  const data = readSecretData(secret as SecretObject);
  const keys = key === undefined || key === '' ? ['value', 'value.yaml'] : [key];
  const kubeconfig = data.firstText(...keys);
  const { namespace, name } = nameOf(secret);
  if (kubeconfig === undefined)
    throw unusable(kustomization, `Secret '${namespace}/${name}' has no value for ${keys.join(' or ')}; put a kubeconfig there`);
  return { key: `${namespace}/${name} ${digestOf(kubeconfig)}`, access: { kubeconfig } };
}

/** A login without a secret: of `generic`, a token of a ServiceAccount of the home cluster. */
function accessByConfigMap(kustomization: Kustomization, configMap: KubeObject, home: Cluster): FoundAccess {
  const data = (configMap['data'] ?? {}) as Readonly<Record<string, string | undefined>>;
  const { provider = '', address = '', audiences = '', serviceAccountName = '' } = data;
  const { namespace } = nameOf(kustomization);
  const what = `ConfigMap '${namespace}/${configMap.metadata.name}'`;
  if (provider === 'aws' || provider === 'azure' || provider === 'gcp') throw notThere(what, provider);
  if (provider !== 'generic')
    throw unusable(kustomization, `${what}: provider '${provider}' is none of aws, azure, gcp, generic`);
  if (address === '') throw unusable(kustomization, `${what}: the provider generic needs an address`);
  if (serviceAccountName === '')
    throw unusable(
      kustomization,
      `${what}: the provider generic needs a serviceAccountName, whose tokens the other cluster trusts`,
    );
  const listed = audiences.split('\n').map((line) => line.trim().replace(/^-\s*/, ''));
  const wanted = listed.filter((line) => line !== '');
  const token = () =>
    home.createToken({ namespace, name: serviceAccountName }, { audiences: wanted.length === 0 ? [address] : wanted });
  const access = { server: address, ca: data['ca.crt'] ?? null, token };
  return { key: `${namespace}/${configMap.metadata.name} ${digestOf(JSON.stringify(data))}`, access };
}

function notThere(what: string, provider: string): KustomizationError {
  const message = `spec.kubeConfig.configMapRef: ${what} names the provider ${provider}, whose logins to clusters are not there yet; use secretRef, or the provider generic`;
  return new KustomizationError('FAILED', message, { reason: 'NotImplemented', transient: false });
}

function unusable(kustomization: Kustomization, because: string, cause?: unknown): KustomizationError {
  const field = kustomization.spec.kubeConfig?.secretRef === undefined ? 'configMapRef' : 'secretRef';
  const details = cause === undefined ? {} : { cause };
  return new KustomizationError(
    'FAILED',
    `spec.kubeConfig.${field}: ${because}`,
    { reason: 'ReconciliationFailed', transient: false },
    details,
  );
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
