import { type GitRepository, gitRepositoryKind, type ImageUpdateAutomation } from '../api/index.ts';
import { type Cluster, type NamespacedName, type StepContext, TagalongError } from '../core/index.ts';

/** The GitRepository an automation writes to. */
export function sourceOf(resource: ImageUpdateAutomation): NamespacedName {
  const { name, namespace } = resource.spec.sourceRef;
  return { namespace: namespace ?? resource.metadata.namespace ?? '', name };
}

/** The GitRepository as the API has it. @throws TagalongError SOURCE_MISSING where there is none. */
export async function readSource(
  resource: ImageUpdateAutomation,
  context: StepContext,
  { cluster }: { readonly cluster: Cluster },
): Promise<GitRepository> {
  const wanted = sourceOf(resource);
  const source = await cluster.get({ ...gitRepositoryKind, ...wanted }, context.signal);
  if (source !== null) return source as GitRepository;
  const message = `failed configuring source manager: gitrepositories.source.toolkit.fluxcd.io "${wanted.name}" not found`;
  throw new TagalongError('SOURCE_MISSING', message, { reason: 'SourceManagerFailed' });
}
