import type { ImagePolicy, ImageRepository } from '../api/index.ts';
import { type Cluster, formatKey, type NamespacedName } from '../core/index.ts';
import { clusterReader } from '../reconcilers/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { ExplainOptions, Question } from './explain-policy.ts';
import { findObject } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import { withTagLister } from './list-tags.ts';
import { withCluster } from './open-cluster.ts';
import { readTags } from './read-tags.ts';
import type { Session } from './session.ts';
import { findSetbacks } from './setbacks.ts';
import { tellStoppedWriters } from './tell-stopped-writers.ts';

/** A policy of a cluster, with the tags that its registry lists now (or those of a file). */
export function askCluster(
  name: string,
  { tagsFile }: ExplainOptions,
  target: ClusterOptions,
  session: Session,
): Promise<Question> {
  return withCluster(target, session, async (cluster) => {
    const policy = (await findObject(
      cluster,
      viewOf('ImagePolicy'),
      { namespace: target.namespace, name },
      session.signal,
    )) as ImagePolicy;
    await tellStoppedWriters(cluster, policy, session);
    const from = repositoryOf(policy);
    const repository = (await findObject(cluster, viewOf('ImageRepository'), from, session.signal)) as ImageRepository;
    const tags = tagsFile === undefined ? await listFromRegistry(cluster, repository, from, session) : await readTags(tagsFile);
    const { namespace } = target;
    return {
      title: formatKey({ namespace, name }),
      spec: policy.spec,
      annotations: policy.metadata.annotations,
      exclusionList: repository.spec.exclusionList,
      tags,
      setbacks: await findSetbacks(cluster, policy, session.signal),
    };
  });
}

function repositoryOf({ metadata, spec }: ImagePolicy): NamespacedName {
  const { name, namespace } = spec.imageRepositoryRef;
  return { namespace: namespace ?? metadata.namespace ?? '', name };
}

async function listFromRegistry(
  cluster: Cluster,
  repository: ImageRepository,
  { namespace }: NamespacedName,
  session: Session,
): Promise<readonly string[]> {
  const reader = clusterReader(cluster, namespace, session.signal);
  return withTagLister(session, async (lister) => (await lister.list(repository, reader)).tags);
}
