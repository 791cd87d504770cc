import { type ImagePolicy, type ImageRepository, imageRepositoryKind } from '../api/index.ts';
import { type Cluster, type KubeObject, type NamespacedName, type StepContext, TagalongError } from '../core/index.ts';

export interface PolicyRepositoryDeps {
  readonly cluster: Cluster;
  /** As last seen; undefined for one not seen yet. */
  readonly findRepository: (repository: NamespacedName) => ImageRepository | undefined;
  /** Repositories of other namespaces are not looked at, whatever they grant. */
  readonly noCrossNamespaceRefs?: boolean;
}

/** The ImageRepository a policy reads: `namespace/name`. */
export function repositoryOf(policy: ImagePolicy): NamespacedName {
  const { name, namespace } = policy.spec.imageRepositoryRef;
  return { namespace: namespace ?? policy.metadata.namespace ?? '', name };
}

/** The ImageRepository of a policy. Throws DependencyNotReady where there is none, AccessDenied where it may not be used from here. */
export async function readRepository(
  resource: ImagePolicy,
  context: Pick<StepContext, 'signal'>,
  { cluster, findRepository, noCrossNamespaceRefs }: PolicyRepositoryDeps,
): Promise<ImageRepository> {
  const wanted = repositoryOf(resource);
  const isOthers = wanted.namespace !== resource.metadata.namespace;
  if (isOthers && noCrossNamespaceRefs === true) {
    const target = `ImageRepository/${wanted.namespace}/${wanted.name}`;
    throw dependencyError('AccessDenied', `cannot access '${target}', cross-namespace references have been blocked`);
  }
  // What is watched anyway is not asked for again; what is not seen yet may be there all the same.
  const found =
    findRepository(wanted) ??
    ((await cluster.get({ ...imageRepositoryKind, ...wanted }, context.signal)) as ImageRepository | null);
  if (found === null) {
    const text = `imagerepositories.image.toolkit.fluxcd.io "${wanted.name}" not found`;
    throw dependencyError('DependencyNotReady', `referenced ImageRepository does not exist: ${text}`);
  }
  if (isOthers) await checkAccess(resource, found, context, cluster);
  return found;
}

async function checkAccess(
  policy: ImagePolicy,
  repository: ImageRepository,
  context: Pick<StepContext, 'signal'>,
  cluster: Cluster,
): Promise<void> {
  const target = `'${repository.metadata.namespace}/${repository.metadata.name}'`;
  const selectors = repository.spec.accessFrom?.namespaceSelectors;
  if (selectors === undefined)
    throw dependencyError('AccessDenied', `access denied: ${target} can't be accessed due to missing ACL labels on 'accessFrom'`);
  const name = policy.metadata.namespace ?? '';
  const namespace = await cluster.get({ group: '', version: 'v1', kind: 'Namespace', name }, context.signal);
  if (selectors.some(({ matchLabels }) => hasLabels(namespace, matchLabels ?? {}))) return;
  throw dependencyError(
    'AccessDenied',
    `access denied: ${target} can't be accessed due to ACL labels mismatch on namespace '${name}'`,
  );
}

function hasLabels(object: KubeObject | null, wanted: Readonly<Record<string, string>>): boolean {
  return object !== null && Object.entries(wanted).every(([name, value]) => object.metadata.labels?.[name] === value);
}

function dependencyError(reason: 'DependencyNotReady' | 'AccessDenied', message: string): TagalongError {
  return new TagalongError(reason, `failed to get the referred ImageRepository: ${message}`, { reason });
}
