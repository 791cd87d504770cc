import { findNotImplemented, type ImageRepository } from '../api/index.ts';
import { createCloudLogins } from '../auth/index.ts';
import { keyOf, silentLog, TagalongError, type TagChoice, type TagListing } from '../core/index.ts';
import { type AccessReader, resolveRegistryAccess } from '../reconcilers/index.ts';
import { createRegistry, parseImageName } from '../registry/index.ts';
import { CliError } from './error.ts';
import type { Session } from './session.ts';

/** What the registry of an ImageRepository says, straight from there and with the repository's own credentials. */
export interface TagLister {
  list(repository: ImageRepository, reader: AccessReader, choice?: TagChoice): Promise<TagListing>;
  /** Null when there is no such tag. */
  digest(repository: ImageRepository, reader: AccessReader, tag: string): Promise<string | null>;
}

/** Hands out a lister that shares connections, and ends these afterwards. */
export async function withTagLister<Result>(
  { clock, signal }: Session,
  use: (lister: TagLister) => Promise<Result>,
): Promise<Result> {
  const registry = createRegistry({ clock, log: silentLog });
  const logins = createCloudLogins({ clock });
  const ask = async (repository: ImageRepository, reader: AccessReader) => {
    const [gap] = findNotImplemented(repository);
    if (gap !== undefined) throw new CliError('FAILED', `ImageRepository ${keyOf(repository)}: ${gap}`);
    const image = parseImageName(repository.spec.image);
    return {
      image,
      access: await resolveAccess(repository, () => resolveRegistryAccess(repository.spec, image, { reader, logins })),
    };
  };
  try {
    return await use({
      list: async (repository, reader, choice) => {
        const { image, access } = await ask(repository, reader);
        return registry.fetchTags(image, access, signal, choice);
      },
      digest: async (repository, reader, tag) => {
        const { image, access } = await ask(repository, reader);
        return registry.fetchDigest(image, tag, access, signal);
      },
    });
  } finally {
    await registry.close();
  }
}

/** What is missing is told with whose it is. */
async function resolveAccess<Access>(repository: ImageRepository, resolve: () => Promise<Access>): Promise<Access> {
  try {
    return await resolve();
  } catch (error) {
    if (!(error instanceof TagalongError) || !error.code.endsWith('_MISSING')) throw error;
    throw new CliError('NOT_FOUND', `ImageRepository ${keyOf(repository)}: ${error.message}`, error);
  }
}
