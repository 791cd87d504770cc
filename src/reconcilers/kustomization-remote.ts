import { createHash } from 'node:crypto';
import type { Kustomization } from '../api/index.ts';
import {
  type CloudAccount,
  type CloudEndpoints,
  type CloudProvider,
  findManagedCluster,
  issueClusterToken,
  type ManagedCluster,
  readSecretData,
  type SecretObject,
} from '../auth/index.ts';
import {
  type AccountToken,
  type Cluster,
  errorMessage,
  formatKey,
  type Instant,
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
  const lookedUp = new Map<string, LookedUp>();
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
      const found = await findAccess(kustomization, { home, clouds, signal, lookedUp });
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
  /** Managed clusters by what their ConfigMap says. */
  readonly lookedUp: Map<string, LookedUp>;
}

interface LookedUp {
  readonly at: Instant;
  readonly found: ManagedCluster;
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
async function accessByConfigMap(kustomization: Kustomization, configMap: KubeObject, reading: Reading): Promise<FoundAccess> {
  const data = (configMap['data'] ?? {}) as LoginData;
  const { address = '', serviceAccountName = '' } = data;
  const { namespace } = nameOf(kustomization);
  const what = `ConfigMap '${namespace}/${configMap.metadata.name}'`;
  const provider = providers.find((one) => one === data['provider']);
  if (provider === undefined)
    throw unusable(kustomization, `${what}: provider '${data['provider'] ?? ''}' is none of aws, azure, gcp, generic`);
  if (address === '' && provider === 'generic') throw unusable(kustomization, `${what}: the provider generic needs an address`);
  if (serviceAccountName === '')
    throw unusable(
      kustomization,
      `${what}: the provider ${provider} needs a serviceAccountName, whose tokens the other cluster trusts; the bot's own identity is never sent to an address that a ConfigMap names`,
    );
  const account = { namespace, name: serviceAccountName };
  const key = `${namespace}/${configMap.metadata.name} ${digestOf(JSON.stringify(data))}`;
  if (provider === 'generic') return { key, access: { ...placeOf(data), token: () => ownToken(account, data, reading) } };
  const token = () => cloudToken(account, { provider, data }, reading);
  if (address !== '') return { key, access: { ...placeOf(data), token } };
  const found = await lookUp(key, { account, provider, data }, reading).catch((error: unknown) => {
    throw unusable(kustomization, `${what}: ${errorMessage(error)}`, error);
  });
  const ca = data['ca.crt'] ?? found.ca;
  return { key: `${key} ${digestOf(JSON.stringify(found))}`, access: { server: found.server, ca, token } };
}

function placeOf({ address = '', 'ca.crt': ca }: LoginData): { server: string; ca: string | null } {
  return { server: address, ca: ca ?? null };
}

/** A cluster may be made anew under its name. */
const lookUpEveryMs = 60 * 60_000;

/** Where a managed cluster is, asked once an hour. */
async function lookUp(
  key: string,
  { account, provider, data }: { readonly account: NamespacedName; readonly provider: CloudProvider; readonly data: LoginData },
  { home, clouds, lookedUp }: Reading,
): Promise<ManagedCluster> {
  const now = systemClock.now();
  const known = lookedUp.get(key);
  if (known !== undefined && now - known.at < lookUpEveryMs) return known.found;
  const found = await findManagedCluster({
    ...{ provider, cluster: data['cluster'] ?? '', now, endpoints: clouds },
    account: await readCloudAccount(account, home),
  });
  for (const [other, { at }] of lookedUp) if (now - at >= lookUpEveryMs) lookedUp.delete(other);
  lookedUp.set(key, { at: now, found });
  return found;
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
  return issueClusterToken({
    ...{ provider, cluster: data['cluster'] ?? '', now: systemClock.now(), endpoints: clouds },
    account: await readCloudAccount(account, home),
  });
}

async function readCloudAccount(account: NamespacedName, home: Cluster): Promise<CloudAccount> {
  const found = await home.get({ group: '', version: 'v1', kind: 'ServiceAccount', ...account });
  if (found === null) throw new TypeError(`serviceaccounts "${account.name}" not found in namespace ${account.namespace}`);
  const createToken = async (audience: string) => (await home.createToken(account, { audiences: [audience] })).token;
  return { ...account, annotations: found.metadata.annotations ?? {}, createToken };
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
