import {
  type Condition,
  findCondition,
  type GitRepository,
  gitRepositoryKind,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageRepositoryKind,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  requestedAtAnnotation,
} from '../api/index.ts';
import type { Cluster, GroupVersionKind, KubeObject } from '../core/index.ts';

/** Namespace of the demo's resources, and of its workloads. */
export const homeNamespace = 'flux-system';
export const shopNamespace = 'shop';

const deploymentKind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap' };
const siteKind = { group: 'demo.example.com', version: 'v1', kind: 'Site' };

export interface Deployment extends KubeObject {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; availableReplicas?: number };
}

/** What the scenes look at, by the names of the sample repository. */
export interface Look {
  kustomization(name: string): Promise<Kustomization | null>;
  source(): Promise<GitRepository | null>;
  automation(): Promise<ImageUpdateAutomation | null>;
  deployment(): Promise<Deployment | null>;
  banner(): Promise<KubeObject | null>;
  site(): Promise<KubeObject | null>;
  /** Asks each image kind for a run, as `flux reconcile` does, and resolves when all have answered. */
  askImages(token: string): Promise<void>;
}

export function createLook(cluster: Cluster): Look {
  const home = (kind: GroupVersionKind, name: string) => cluster.get({ ...kind, namespace: homeNamespace, name });
  const shop = (kind: GroupVersionKind, name: string) =>
    cluster.get({ ...kind, namespace: shopNamespace, name }).catch(nullIfKindMissing);
  return {
    kustomization: async (name) => (await home(kustomizationKind, name)) as Kustomization | null,
    source: async () => (await home(gitRepositoryKind, 'sample')) as GitRepository | null,
    automation: async () => (await home(imageUpdateAutomationKind, 'sample')) as ImageUpdateAutomation | null,
    deployment: async () => (await shop(deploymentKind, 'web')) as Deployment | null,
    banner: () => shop(configMapKind, 'banner'),
    site: () => shop(siteKind, 'shop'),
    async askImages(token) {
      await askFor(cluster, imageRepositoryKind, 'web', token);
      await askFor(cluster, imagePolicyKind, 'web', token);
      await askFor(cluster, imageUpdateAutomationKind, 'sample', token);
    },
  };
}

/** Before scene 1 has brought the definition up, its kind is simply not there. */
function nullIfKindMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return null;
  throw error;
}

async function askFor(cluster: Cluster, kind: GroupVersionKind, name: string, token: string): Promise<void> {
  const ref = { ...kind, namespace: homeNamespace, name };
  await cluster.patch(ref, { metadata: { annotations: { [requestedAtAnnotation]: token } } }, { type: 'merge' });
  for (;;) {
    const object = await cluster.get(ref);
    if ((object?.['status'] as { lastHandledReconcileAt?: string } | undefined)?.lastHandledReconcileAt === token) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function conditionOf(
  object: { status?: { conditions?: Condition[] | undefined } | undefined } | null,
  type: string,
): Condition | undefined {
  return findCondition(object?.status?.conditions, type);
}

/** True when every replica runs this tag. */
export function runs(deployment: Deployment | null, tag: string): boolean {
  if (deployment === null) return false;
  const { spec, status, metadata } = deployment;
  const wanted = spec.template.spec.containers.every(({ image }) => image.endsWith(`:${tag}`));
  const settled = status?.observedGeneration === metadata.generation && status?.replicas === spec.replicas;
  return wanted && settled && status?.updatedReplicas === spec.replicas && status.availableReplicas === spec.replicas;
}
