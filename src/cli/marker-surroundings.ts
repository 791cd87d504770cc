import { type GitRepository, gitRepositoryKind, type ImagePolicy, type ImageUpdateAutomation } from '../api/index.ts';
import { type Cluster, formatKey, type KubeObject } from '../core/index.ts';
import { sourceOf } from '../reconcilers/index.ts';
import { findObjectsIfServed } from './find-objects.ts';
import { viewOf } from './kind-views.ts';
import type { Session } from './session.ts';
import type { UpdateResources } from './update-resources.ts';

/** What a cluster has that decides about the markers of a namespace: policies and automations, and what the automations write to. */
export async function readSurroundings(
  namespace: string,
  cluster: Cluster,
  { signal }: Session,
): Promise<{ resources: UpdateResources; sources: ReadonlyMap<string, GitRepository> }> {
  const query = { namespace, allNamespaces: false };
  const [policies, automations] = await Promise.all([
    findObjectsIfServed(cluster, viewOf('ImagePolicy'), query, signal) as Promise<ImagePolicy[]>,
    findObjectsIfServed(cluster, viewOf('ImageUpdateAutomation'), query, signal) as Promise<ImageUpdateAutomation[]>,
  ]);
  const sources = new Map<string, GitRepository>();
  for (const automation of automations) {
    const ref = sourceOf(automation);
    const source = await cluster.get({ ...gitRepositoryKind, ...ref }, signal);
    if (source !== null) sources.set(formatKey(ref), source as GitRepository);
  }
  const placed = <Kind extends KubeObject>(objects: readonly Kind[]) => objects.map((object) => ({ file: '', line: 0, object }));
  const resources = {
    repositories: [],
    policies: placed(policies),
    automations: placed(automations),
    kustomizations: [],
    secrets: [],
  };
  return { resources, sources };
}
