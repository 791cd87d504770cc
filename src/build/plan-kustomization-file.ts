import type { BuildLimits } from './build-limits.ts';
import type { Manifests } from './find-manifests.ts';
import { readYaml } from './read-yaml.ts';

export interface KustomizationFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The kustomization file that Flux would put into the folder before it builds: one that lists everything where there is none, and one
 * that asks for origin annotations where an own one has no resources. Null where the own one is taken as it is.
 */
export async function planKustomizationFile(
  root: string,
  { own, inOrder }: Manifests,
  limits: BuildLimits,
): Promise<KustomizationFile | null> {
  if (own === null) return { name: 'kustomization.yaml', text: generate(root, inOrder) };
  const read = readYaml(await own.read(), own.path, limits);
  const value = 'documents' in read ? read.documents[0]?.value : null;
  if (typeof value !== 'object' || value === null || hasResources(value)) return null;
  return {
    name: own.path.slice(own.path.lastIndexOf('/') + 1),
    text: JSON.stringify({ ...value, buildMetadata: ['originAnnotations'] }),
  };
}

function generate(root: string, inOrder: readonly string[]): string {
  const resources = inOrder.map((path) => `./${root === '' ? path : path.slice(root.length + 1)}`);
  return JSON.stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}

function hasResources(kustomization: object): boolean {
  const { resources, bases } = kustomization as { resources?: unknown; bases?: unknown };
  return [resources, bases].some((list) => Array.isArray(list) && list.length > 0);
}
