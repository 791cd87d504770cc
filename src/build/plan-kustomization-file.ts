import { addToKustomization } from './add-to-kustomization.ts';
import { type BuildAdditions, isAdding } from './additions.ts';
import type { BuildLimits } from './build-limits.ts';
import type { Manifests } from './find-manifests.ts';
import { readYaml } from './read-yaml.ts';

export interface KustomizationFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The kustomization file that Flux would put into the folder before it builds: one that lists everything where there is none, one that
 * asks for origin annotations where an own one has no resources, and the spec's additions in each. Null where the own one is taken
 * as it is.
 */
export async function planKustomizationFile(
  root: string,
  { own, inOrder }: Manifests,
  { additions, limits }: { readonly additions: BuildAdditions; readonly limits: BuildLimits },
): Promise<KustomizationFile | null> {
  if (own === null)
    return { name: 'kustomization.yaml', text: JSON.stringify(addToKustomization(generate(root, inOrder), additions)) };
  const read = readYaml(await own.read(), own.path, limits);
  const value = 'documents' in read ? (read.documents[0]?.value ?? {}) : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const isComplete = hasResources(value);
  if (isComplete && !isAdding(additions)) return null;
  const base = isComplete ? value : { ...value, buildMetadata: ['originAnnotations'] };
  const text = JSON.stringify(addToKustomization(base, additions));
  return { name: own.path.slice(own.path.lastIndexOf('/') + 1), text };
}

function generate(root: string, inOrder: readonly string[]): object {
  const resources = inOrder.map((path) => `./${root === '' ? path : path.slice(root.length + 1)}`);
  return { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources };
}

function hasResources(kustomization: object): boolean {
  const { resources, bases } = kustomization as { resources?: unknown; bases?: unknown };
  return [resources, bases].some((list) => Array.isArray(list) && list.length > 0);
}
