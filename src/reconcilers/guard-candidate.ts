import type { ImagePolicy, ImageRepository } from '../api/index.ts';
import { imageRepositoryKind } from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import { type Cluster, formatKey, type ImageRef, TagalongError } from '../core/index.ts';
import { parseImageName } from '../registry/index.ts';
import type { NatureCandidate } from './guard-nature.ts';
import { repositoryOf } from './policy-repository.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';

/** Opens the registry of what a policy picks, as its ImageRepository says. */
export async function openCandidate(
  policy: ImagePolicy,
  { home, logins }: { readonly home: Cluster; readonly logins: CloudLogins },
  signal: AbortSignal,
): Promise<Omit<NatureCandidate, 'digest'>> {
  const wanted = repositoryOf(policy);
  const found = (await home.get({ ...imageRepositoryKind, ...wanted }, signal)) as ImageRepository | null;
  if (found === null) throw new TagalongError('DEPENDENCY_MISSING', `ImageRepository ${formatKey(wanted)} is not there`);
  const image = parseImageName(found.spec.image);
  const access = await resolveRegistryAccess(found.spec, image, {
    reader: clusterReader(home, wanted.namespace, signal),
    logins,
  });
  return { image, access };
}

/** What a policy picked; a digest only where there is one. */
export function pickedRef({ name, tag, digest }: { name: string; tag: string; digest?: string | undefined }): ImageRef {
  return { name, tag, ...(digest ? { digest } : {}) };
}
