import { createHash } from 'node:crypto';
import type { Kustomization } from '../api/index.ts';
import { type CloudEndpoints, type CloudProvider, issueClusterToken, readSecretData, type SecretObject } from '../auth/index.ts';
import {
  type AccountToken,
  type Cluster,
  errorMessage,
  formatKey,
  type KubeObject,
  type NamespacedName,
  nameOf,
  systemClock,
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

export interface RemoteClustersOptions {
  readonly home: Cluster;
  readonly connect: ConnectRemote;
  readonly clouds?: CloudEndpoints;
}

export function createRemoteClusters({ home, connect, clouds = {} }: RemoteClustersOptions): RemoteClusters {
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
      const found = await findAccess(kustomization, { home, clouds, signal });
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

interface Reading {
  readonly home: Cluster;
  readonly clouds: CloudEndpoints;
  readonly signal: AbortSignal;
}

async function findAccess(kustomization: Kustomization, reading: Reading): Promise<FoundAccess | null> {
  const { secretRef, configMapRef } = kustomization.spec.kubeConfig ?? {};
  const read = (kind: string, name: string) => readReference(kustomization, { kind, name }, reading);
  if (secretRef !== undefined) return accessBySecret(kustomization, await read('Secret', secretRef.name), secretRef.key);
  if (configMapRef !== undefined) return accessByConfigMap(kustomization, await read('ConfigMap', configMapRef.name), reading);
  return null;
}

async function readReference(
  kustomization: Kustomization,
  { kind, name }: { readonly kind: string; readonly name: string },
  { home, signal }: Reading,
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

const providers = ['aws', 'azure', 'gcp', 'generic'] as const;

/** A login without a secret, as a ServiceAccount of the home cluster: by its own token, or by the identity it has at a cloud. */
function accessByConfigMap(kustomization: Kustomization, configMap: KubeObject, reading: Reading): FoundAccess {
  const data = (configMap['data'] ?? {}) as LoginData;
  const { address = '', serviceAccountName = '' } = data;
  const { namespace } = nameOf(kustomization);
  const what = `ConfigMap '${namespace}/${configMap.metadata.name}'`;
  const provider = providers.find((one) => one === data['provider']);
  if (provider === undefined)
    throw unusable(kustomization, `${what}: provider '${data['provider'] ?? ''}' is none of aws, azure, gcp, generic`);
  if (address === '' && provider !== 'generic') throw notThere(what, provider);
  if (address === '') throw unusable(kustomization, `${what}: the provider generic needs an address`);
  if (serviceAccountName === '')
    throw unusable(
      kustomization,
      `${what}: the provider ${provider} needs a serviceAccountName, whose tokens the other cluster trusts; the bot's own identity is never sent to an address that a ConfigMap names`,
    );
  const account = { namespace, name: serviceAccountName };
  const token = () =>
    provider === 'generic' ? ownToken(account, data, reading) : cloudToken(account, { provider, data }, reading);
  const access = { server: address, ca: data['ca.crt'] ?? null, token };
  return { key: `${namespace}/${configMap.metadata.name} ${digestOf(JSON.stringify(data))}`, access };
}

type LoginData = Readonly<Record<string, string | undefined>>;

function ownToken(
  account: NamespacedName,
  { address = '', audiences = '' }: LoginData,
  { home }: Reading,
): Promise<AccountToken> {
  const listed = audiences.split('\n').map((line) => line.trim().replace(/^-\s*/, ''));
  const wanted = listed.filter((line) => line !== '');
  return home.createToken(account, { audiences: wanted.length === 0 ? [address] : wanted });
}

/** The account is read anew for each token: its annotations say who it is at the cloud. */
async function cloudToken(
  account: NamespacedName,
  { provider, data }: { readonly provider: CloudProvider; readonly data: LoginData },
  { home, clouds }: Reading,
): Promise<AccountToken> {
  const found = await home.get({ group: '', version: 'v1', kind: 'ServiceAccount', ...account });
  if (found === null) throw new TypeError(`serviceaccounts "${account.name}" not found in namespace ${account.namespace}`);
  const createToken = async (audience: string) => (await home.createToken(account, { audiences: [audience] })).token;
  return issueClusterToken({
    ...{ provider, cluster: data['cluster'] ?? '', now: systemClock.now(), endpoints: clouds },
    account: { ...account, annotations: found.metadata.annotations ?? {}, createToken },
  });
}

function notThere(what: string, provider: CloudProvider): KustomizationError {
  const message = `spec.kubeConfig.configMapRef: ${what} names the provider ${provider} and no address; clusters are not looked up at the cloud yet: put the address and ca.crt of the cluster there, or use secretRef`;
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
