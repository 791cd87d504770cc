import {
  type CloudLogins,
  type CloudProvider,
  chooseRegistryCredentials,
  proxyFromSecret,
  tlsFromSecret,
} from '../auth/index.ts';
import {
  type Cluster,
  type ImageName,
  type KubeObject,
  parseDurationMs,
  type RegistryAccess,
  type RegistryCredentials,
  TagalongError,
} from '../core/index.ts';
import { readSecret } from './secrets.ts';

/** The fields by which Flux's kinds say how to reach a registry. */
export interface RegistrySpec {
  readonly interval: string;
  readonly timeout?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly provider?: 'generic' | CloudProvider | undefined;
  readonly serviceAccountName?: string | undefined;
  readonly secretRef?: { readonly name: string } | undefined;
  readonly certSecretRef?: { readonly name: string } | undefined;
  readonly proxySecretRef?: { readonly name: string } | undefined;
}

/** Where the Secrets and ServiceAccounts of one namespace come from; a missing one is an error that names it. */
export interface AccessReader {
  readSecret(name: string): Promise<KubeObject>;
  readServiceAccount(name: string): Promise<KubeObject>;
  createToken(serviceAccount: string, audience: string): Promise<string>;
}

/** Reads from a namespace of a cluster, now. */
export function clusterReader(cluster: Cluster, namespace: string, signal?: AbortSignal): AccessReader {
  return {
    readSecret: (name) => readSecret(cluster, namespace, name, signal),
    readServiceAccount: async (name) => {
      const account = await cluster.get({ group: '', version: 'v1', kind: 'ServiceAccount', namespace, name }, signal);
      if (account !== null) return account;
      throw missing(`failed to get service account '${namespace}/${name}': serviceaccounts "${name}" not found`);
    },
    createToken: async (name, audience) => {
      const options = { audiences: [audience], ...(signal === undefined ? {} : { signal }) };
      return (await cluster.createToken({ namespace, name }, options)).token;
    },
  };
}

/**
 * What opens the registry of an image, by the fields of its resource: with `provider` generic the pull secret and those of the
 * ServiceAccount, else an identity at the cloud (the pull secret is then not looked at, as in Flux).
 */
export async function resolveRegistryAccess(
  spec: RegistrySpec,
  image: ImageName,
  { reader, logins }: { readonly reader: AccessReader; readonly logins: CloudLogins },
): Promise<RegistryAccess> {
  const { certSecretRef, proxySecretRef } = spec;
  const tls = certSecretRef && tlsFromSecret(await reader.readSecret(certSecretRef.name));
  const proxy = proxySecretRef && proxyFromSecret(await reader.readSecret(proxySecretRef.name));
  const credentials =
    spec.provider === undefined || spec.provider === 'generic'
      ? chooseRegistryCredentials(await readPullSecrets(spec, reader), image)
      : await loginAtCloud(spec, spec.provider, image, { reader, logins, proxy });
  return {
    credentials,
    insecure: spec.insecure ?? false,
    ...(tls === undefined ? {} : { tls }),
    ...(proxy === undefined ? {} : { proxy }),
    timeoutMs: Math.max(1000, parseDurationMs(spec.timeout ?? spec.interval) ?? 60_000),
  };
}

/** The secret that is named goes before those of the ServiceAccount. */
async function readPullSecrets({ secretRef, serviceAccountName }: RegistrySpec, reader: AccessReader): Promise<KubeObject[]> {
  const named = secretRef === undefined ? [] : [secretRef.name];
  const ofAccount = serviceAccountName === undefined ? [] : pullSecretsOf(await reader.readServiceAccount(serviceAccountName));
  return Promise.all([...new Set([...named, ...ofAccount])].map((name) => reader.readSecret(name)));
}

function pullSecretsOf(account: KubeObject): string[] {
  const references = account['imagePullSecrets'];
  if (!Array.isArray(references)) return [];
  return references.flatMap((reference: { name?: unknown } | null) =>
    typeof reference?.name === 'string' && reference.name !== '' ? [reference.name] : [],
  );
}

async function loginAtCloud(
  { serviceAccountName }: RegistrySpec,
  provider: CloudProvider,
  { registry }: ImageName,
  { reader, logins, proxy }: { reader: AccessReader; logins: CloudLogins; proxy: RegistryAccess['proxy'] },
): Promise<RegistryCredentials> {
  if (serviceAccountName === undefined) return logins.login({ provider, registry, proxy });
  const { metadata } = await reader.readServiceAccount(serviceAccountName);
  const account = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    annotations: metadata.annotations ?? {},
    createToken: (audience: string) => reader.createToken(metadata.name, audience),
  };
  return logins.login({ provider, registry, account, proxy });
}

function missing(message: string): TagalongError {
  return new TagalongError('SERVICE_ACCOUNT_MISSING', `${message}; create it or mend the reference`, {
    reason: 'AuthenticationFailed',
  });
}
