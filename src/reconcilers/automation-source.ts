import { type GitRepository, gitRepositoryKind, type ImageUpdateAutomation, writeFromAnnotation } from '../api/index.ts';
import { type Cluster, formatKey, type NamespacedName, nameOf, type StepContext, TagalongError } from '../core/index.ts';

/** The GitRepository an automation writes to. */
export function sourceOf(resource: ImageUpdateAutomation): NamespacedName {
  const { name, namespace } = resource.spec.sourceRef;
  return { namespace: namespace ?? resource.metadata.namespace ?? '', name };
}

/** The GitRepository as the API has it. @throws TagalongError SOURCE_MISSING where there is none, AccessDenied where it grants nothing to this namespace. */
export async function readSource(
  resource: ImageUpdateAutomation,
  context: StepContext,
  { cluster, noCrossNamespaceRefs }: { readonly cluster: Cluster; readonly noCrossNamespaceRefs?: boolean },
): Promise<GitRepository> {
  const wanted = sourceOf(resource);
  const source = await cluster.get({ ...gitRepositoryKind, ...wanted }, context.signal);
  if (noCrossNamespaceRefs === true && wanted.namespace !== nameOf(resource).namespace) throw blocked(wanted);
  if (source !== null) return granted(source as GitRepository, nameOf(resource).namespace);
  const message = `failed configuring source manager: gitrepositories.source.toolkit.fluxcd.io "${wanted.name}" not found`;
  throw new TagalongError('SOURCE_MISSING', message, { reason: 'SourceManagerFailed' });
}

/** Its credentials write for its own namespace, and for those that it names itself. */
function granted(source: GitRepository, namespace: string): GitRepository {
  const grants = (source.metadata.annotations?.[writeFromAnnotation] ?? '').split(',').map((grant) => grant.trim());
  if (source.metadata.namespace === namespace || grants.includes('*') || grants.includes(namespace)) return source;
  const message = `can't access 'GitRepository/${formatKey(nameOf(source))}': it does not let namespace '${namespace}' write with its credentials; annotate it with ${writeFromAnnotation}: ${namespace}`;
  // The grant may come at any time, and a change of the GitRepository wakes us.
  throw new TagalongError('ACCESS_DENIED', message, { reason: 'AccessDenied', retry: 'never' });
}

function blocked(wanted: NamespacedName): TagalongError {
  const message = `can't access 'GitRepository/${formatKey(wanted)}', cross-namespace references have been blocked`;
  return new TagalongError('ACCESS_DENIED', message, { reason: 'AccessDenied', retry: 'never' });
}
