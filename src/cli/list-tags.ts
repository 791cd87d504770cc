import { findNotImplemented, type ImageRepository } from '../api/index.ts';
import { chooseRegistryCredentials, tlsFromSecret } from '../auth/index.ts';
import { type KubeObject, keyOf, parseDurationMs, type RegistryAccess, silentLog, type TagListing } from '../core/index.ts';
import { createRegistry, parseImageName } from '../registry/index.ts';
import { CliError } from './error.ts';
import type { Session } from './session.ts';

/** Finds a Secret of the repository's namespace; null if there is none. */
export type ReadSecret = (name: string) => Promise<KubeObject | null> | KubeObject | null;

/** Every tag of an ImageRepository, straight from its registry and with its own credentials. */
export type ListTags = (repository: ImageRepository, readSecret: ReadSecret) => Promise<TagListing>;

/** Hands out a lister that shares connections, and ends these afterwards. */
export async function withTagLister<Result>(
  { clock, signal }: Session,
  use: (listTags: ListTags) => Promise<Result>,
): Promise<Result> {
  const registry = createRegistry({ clock, log: silentLog });
  try {
    return await use(async (repository, readSecret) => {
      const [gap] = findNotImplemented(repository);
      if (gap !== undefined) throw new CliError('FAILED', `ImageRepository ${keyOf(repository)}: ${gap}`);
      const access = await accessOf(repository, readSecret);
      return registry.fetchTags(parseImageName(repository.spec.image), access, signal);
    });
  } finally {
    await registry.close();
  }
}

async function accessOf(repository: ImageRepository, readSecret: ReadSecret): Promise<RegistryAccess> {
  const { image, secretRef, certSecretRef, insecure = false, timeout, interval } = repository.spec;
  const secrets = secretRef === undefined ? [] : [await requireSecret(repository, secretRef.name, readSecret)];
  const tls = certSecretRef && tlsFromSecret(await requireSecret(repository, certSecretRef.name, readSecret));
  return {
    credentials: chooseRegistryCredentials(secrets, parseImageName(image)),
    insecure,
    ...(tls === undefined ? {} : { tls }),
    timeoutMs: Math.max(1000, parseDurationMs(timeout ?? interval) ?? 60_000),
  };
}

async function requireSecret(repository: ImageRepository, name: string, readSecret: ReadSecret): Promise<KubeObject> {
  const secret = await readSecret(name);
  if (secret !== null) return secret;
  const owner = `ImageRepository ${keyOf(repository)}`;
  throw new CliError(
    'NOT_FOUND',
    `${owner}: failed to get secret '${repository.metadata.namespace ?? ''}/${name}': secrets ${JSON.stringify(name)} not found`,
  );
}
