import { createHash } from 'node:crypto';
import type { Kustomization } from '../api/index.ts';
import { type CloudAccount, type CloudEndpoints, createCloudIdentity } from '../auth/index.ts';
import { type Cluster, type KubeObject, type NamespacedName, nameOf } from '../core/index.ts';
import {
  createDecryption,
  createVaultLogin,
  DecryptError,
  type Decryption,
  type DecryptionKeys,
  type KeyServiceEndpoints,
  readAgeKeys,
  readDecryptionKeys,
  redactRevealed,
} from '../decrypt/index.ts';
import { KustomizationError } from './kustomization-deps.ts';

/** What decryption needs beside the spec of a Kustomization. */
export interface DecryptionTools {
  /** Speaks to key services at addresses that a repository names. */
  readonly fetch: typeof globalThis.fetch;
  /** Its age identities serve Kustomizations whose `spec.decryption` names no Secret. */
  readonly ageSecret?: NamespacedName;
  /** A ConfigMap whose `config.yaml` lists the Vault servers that ServiceAccounts may log in at. */
  readonly vaultConfigMap?: NamespacedName;
  /** Where `spec.decryption` names no ServiceAccount: this one of the Kustomization's namespace. */
  readonly defaultServiceAccount?: string;
  readonly clouds?: CloudEndpoints;
  readonly keyServices?: KeyServiceEndpoints;
}

interface Reading {
  readonly home: Pick<Cluster, 'get' | 'createToken'>;
  readonly tools: DecryptionTools;
  readonly signal: AbortSignal;
}

/** How a Kustomization's manifests are decrypted, with keys read now. Null where its spec does not say. Throws `DecryptError`. */
export async function readDecryption(kustomization: Kustomization, reading: Reading): Promise<Decryption | null> {
  const { decryption } = kustomization.spec;
  if (decryption === undefined) return null;
  const { namespace } = nameOf(kustomization);
  const secret = await findSecret(kustomization, reading);
  const keys = await readKeys(kustomization, secret);
  const accountName = filled(decryption.serviceAccountName) ?? filled(reading.tools.defaultServiceAccount);
  const account = accountName === undefined ? null : await readAccount({ namespace, name: accountName }, reading);
  const config = await readVaultConfig(reading);
  const { fetch, clouds, keyServices } = reading.tools;
  return createDecryption({
    key: keyOf([secret, account?.object ?? null, config]),
    keys,
    identity: createCloudIdentity(account?.account, clouds),
    ...(account !== null && config !== null && { vaultLogin: vaultLoginOf(account.account, config, fetch) }),
    fetch,
    endpoints: keyServices,
  });
}

async function findSecret(kustomization: Kustomization, { home, tools, signal }: Reading): Promise<KubeObject | null> {
  const name = filled(kustomization.spec.decryption?.secretRef?.name);
  const ref = name === undefined ? tools.ageSecret : { namespace: nameOf(kustomization).namespace, name };
  if (ref === undefined) return null;
  const secret = await home.get({ group: '', version: 'v1', kind: 'Secret', ...ref }, signal);
  if (secret !== null) return secret;
  throw new DecryptError(
    'SECRET_MISSING',
    `secrets "${ref.name}" not found in namespace ${ref.namespace}: it holds the keys for decryption; create it, or mend spec.decryption.secretRef`,
  );
}

function readKeys(kustomization: Kustomization, secret: KubeObject | null): Promise<DecryptionKeys> {
  if (secret === null) return Promise.resolve({ ageIdentities: [], pgpKeys: [] });
  // Of the controller's own Secret no more than age identities: others would get in the way of a ServiceAccount's identity.
  const isOwn = filled(kustomization.spec.decryption?.secretRef?.name) !== undefined;
  return isOwn ? readDecryptionKeys(secret) : readAgeKeys(secret);
}

async function readAccount(
  { namespace, name }: NamespacedName,
  { home, signal }: Reading,
): Promise<{ readonly object: KubeObject; readonly account: CloudAccount }> {
  const object = await home.get({ group: '', version: 'v1', kind: 'ServiceAccount', namespace, name }, signal);
  if (object === null)
    throw new DecryptError(
      'SECRET_MISSING',
      `serviceaccounts "${name}" not found in namespace ${namespace}: spec.decryption names it; create it, or mend spec.decryption.serviceAccountName`,
    );
  const createToken = async (audience: string) =>
    (await home.createToken({ namespace, name }, { audiences: [audience], signal })).token;
  return { object, account: { namespace, name, annotations: object.metadata.annotations ?? {}, createToken } };
}

async function readVaultConfig({ home, tools: { vaultConfigMap }, signal }: Reading): Promise<KubeObject | null> {
  if (vaultConfigMap === undefined) return null;
  const found = await home.get({ group: '', version: 'v1', kind: 'ConfigMap', ...vaultConfigMap }, signal);
  if (found !== null) return found;
  const { namespace, name } = vaultConfigMap;
  throw new DecryptError(
    'SECRET_MISSING',
    `configmaps "${name}" not found in namespace ${namespace}: --sops-vault-configmap names it`,
  );
}

function vaultLoginOf(account: CloudAccount, config: KubeObject, fetch: typeof globalThis.fetch) {
  const { 'config.yaml': text = '' } = (config['data'] ?? {}) as Record<string, string>;
  return createVaultLogin({ config: text, account, fetch });
}

/** Changes with each of the objects; a key cannot be read from it. */
function keyOf(objects: readonly (KubeObject | null)[]): string {
  const versions = objects.map(
    (object) => object && [object.kind, nameOf(object), object.metadata.uid, object.metadata.resourceVersion],
  );
  return createHash('sha256').update(JSON.stringify(versions)).digest('hex');
}

function filled(name: string | undefined): string | undefined {
  return name === '' ? undefined : name;
}

/** A failed run without what was decrypted for it: an API server may quote what it does not take. */
export function withoutRevealed(error: unknown, revealed: ReadonlySet<string>): unknown {
  if (revealed.size === 0 || !(error instanceof KustomizationError)) return error;
  const redact = (text: string) => redactRevealed(text, revealed);
  const { unhealthy } = error.facts;
  const facts = { ...error.facts, ...(unhealthy === undefined ? {} : { unhealthy: redact(unhealthy) }) };
  return new KustomizationError(error.code, redact(error.message), facts, { retry: error.retry });
}
