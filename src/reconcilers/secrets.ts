import { type Cluster, type KubeObject, TagalongError } from '../core/index.ts';

const secretKind = { group: '', version: 'v1', kind: 'Secret' };

/** Reads a Secret. A missing one is an error with Flux's words and reason `AuthenticationFailed`. */
export async function readSecret(cluster: Cluster, namespace: string, name: string, signal?: AbortSignal): Promise<KubeObject> {
  const secret = await cluster.get({ ...secretKind, namespace, name }, signal);
  if (secret !== null) return secret;
  throw new TagalongError(
    'SECRET_MISSING',
    `failed to get secret '${namespace}/${name}': secrets "${name}" not found; create it or mend the reference`,
    {
      reason: 'AuthenticationFailed',
    },
  );
}
