import { type ImageUpdateAutomation, imageUpdateAutomationKind } from '../api/index.ts';
import { type Cluster, type KubeObject, TagalongError } from '../core/index.ts';
import { ownsBranch } from './automation-requests.ts';

/** The automations that write one of these GitRepositories and whose requests come from one of the branches. */
export async function findBranchOwners(
  repositories: readonly KubeObject[],
  branches: readonly string[],
  cluster: Cluster,
): Promise<KubeObject[]> {
  if (repositories.length === 0 || branches.length === 0) return [];
  const places = new Set(repositories.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  const automations = (await listAutomations(repositories, cluster)) as ImageUpdateAutomation[];
  return automations.filter((automation) => {
    const { name, namespace = automation.metadata.namespace } = automation.spec.sourceRef;
    return places.has(`${namespace}/${name}`) && branches.some((branch) => ownsBranch(automation, branch));
  });
}

/** Of all namespaces, where that may be read; else of those of the repositories. None where nobody serves the kind. */
async function listAutomations(repositories: readonly KubeObject[], cluster: Cluster): Promise<KubeObject[]> {
  try {
    return (await cluster.list(imageUpdateAutomationKind)).items;
  } catch (error) {
    if (!(error instanceof TagalongError)) throw error;
    if (error.code === 'NOT_FOUND') return [];
    if (error.code !== 'FORBIDDEN') throw error;
    const namespaces = [...new Set(repositories.map(({ metadata }) => metadata.namespace ?? ''))];
    const lists = await Promise.all(namespaces.map((namespace) => cluster.list(imageUpdateAutomationKind, { namespace })));
    return lists.flatMap(({ items }) => items);
  }
}
