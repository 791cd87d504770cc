import type { VerifySpec } from '../api/index.ts';
import { readSecretData, type SecretObject } from '../auth/index.ts';
import { type Cluster, type KubeObject, TagalongError } from '../core/index.ts';
import { type Trust, trustIdentities, trustKeys } from '../signature/index.ts';
import { readSecret } from './secrets.ts';

/** Whom a `verify` of a guard trusts, out of the Secrets and ConfigMaps of the guard's namespace. */
export async function readTrust(home: Cluster, namespace: string, spec: VerifySpec, signal: AbortSignal): Promise<Trust> {
  const { secretRef, matchOIDCIdentity, trustedRootSecretRef, trustedRootConfigMapRef } = spec;
  if (secretRef !== undefined) return trustKeys(keysOf(await readSecret(home, namespace, secretRef.name, signal)));
  const root =
    trustedRootSecretRef === undefined
      ? await readConfigMap(home, namespace, trustedRootConfigMapRef?.name ?? '', signal)
      : readSecretData((await readSecret(home, namespace, trustedRootSecretRef.name, signal)) as SecretObject).text(rootKey);
  if (root === undefined) throw missing(namespace, trustedRootSecretRef?.name ?? trustedRootConfigMapRef?.name ?? '', rootKey);
  return trustIdentities(matchOIDCIdentity ?? [], root);
}

const rootKey = 'trusted_root.json';

/** The PEM texts under names that end in `.pub`. */
function keysOf(secret: KubeObject): string[] {
  const data = readSecretData(secret as SecretObject);
  const names = Object.keys({ ...(secret['data'] as object | undefined), ...(secret['stringData'] as object | undefined) });
  const keys = names.filter((name) => name.endsWith('.pub')).flatMap((name) => data.text(name) ?? []);
  if (keys.length > 0) return keys;
  throw missing(secret.metadata.namespace ?? '', secret.metadata.name, 'a name that ends in .pub');
}

async function readConfigMap(home: Cluster, namespace: string, name: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await home.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name }, signal);
  if (found === null)
    throw new TagalongError('CONFIG_MISSING', `ConfigMap '${namespace}/${name}' not found; create it or mend the reference`);
  return (found['data'] as Readonly<Record<string, string>> | undefined)?.[rootKey];
}

function missing(namespace: string, name: string, key: string): TagalongError {
  return new TagalongError('KEY_MISSING', `'${namespace}/${name}' has nothing under ${key}; put it there or mend the reference`);
}
