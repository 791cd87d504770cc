import type { KubeObject } from '../../core/index.ts';
import { numberAt, objectAt } from '../json/json.ts';
import { type DeploymentCounts, describeDeployment } from './describe-deployment.ts';
import { parseAmount, planRollout } from './plan-rollout.ts';
import { controlledBy, hashTemplate } from './pod-template.ts';
import type { WorkloadStore } from './workload-store.ts';

const revisionKey = 'deployment.kubernetes.io/revision';

/** Brings a Deployment one step further, and its status up to date. Returns how it stands. */
export function rollDeployment(store: WorkloadStore, deployment: KubeObject): DeploymentCounts {
  const desired = numberAt(deployment, ['spec', 'replicas'], 1);
  const sets = store.owned('replicasets', deployment);
  const hash = hashTemplate(deployment);
  const isPaused = objectAt(deployment, 'spec')['paused'] === true;
  const existing = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
  const newest = existing ?? (isPaused ? null : createReplicaSet(store, deployment, hash));
  const old = sets.filter((set) => set !== existing);
  if (newest !== null) markRevision(store, deployment, newest, old);
  if (newest !== null && !isPaused) scaleSets(store, deployment, desired, newest, old);
  const counts = countPods(store, deployment, newest, desired);
  store.writeStatus('deployments', deployment, describeDeployment(deployment, counts, store.api.clock.now()));
  removeHistory(store, deployment, old);
  return counts;
}

function createReplicaSet(store: WorkloadStore, deployment: KubeObject, hash: string): KubeObject {
  const { name, namespace = '' } = deployment.metadata;
  const label = { 'pod-template-hash': hash };
  const template = structuredClone(objectAt(deployment, 'spec', 'template'));
  const metadata = objectAt(template, 'metadata');
  const selector = objectAt(deployment, 'spec', 'selector');
  return store.create('replicasets', {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...(objectAt(metadata, 'labels') as Record<string, string>), ...label },
      ownerReferences: [controlledBy(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { ...selector, matchLabels: { ...objectAt(selector, 'matchLabels'), ...label } },
      template: { ...template, metadata: { ...metadata, labels: { ...objectAt(metadata, 'labels'), ...label } } },
    },
  });
}

/** The newest set has the highest revision, also when an old one is used again (a rollback). */
function markRevision(store: WorkloadStore, deployment: KubeObject, newest: KubeObject, old: readonly KubeObject[]): void {
  const revisionOf = ({ metadata }: KubeObject) => Number(metadata.annotations?.[revisionKey] ?? 0);
  const highest = Math.max(0, ...old.map(revisionOf));
  const revision = String(revisionOf(newest) > highest ? revisionOf(newest) : highest + 1);
  for (const [kind, object] of [
    ['replicasets', newest],
    ['deployments', deployment],
  ] as const) {
    if (object.metadata.annotations?.[revisionKey] === revision) continue;
    store.update(kind, object, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [revisionKey]: revision } },
    }));
  }
}

function limitsOf(deployment: KubeObject, desired: number): { maxSurge: number; maxUnavailable: number } | null {
  const strategy = objectAt(deployment, 'spec', 'strategy');
  if (strategy['type'] === 'Recreate') return null;
  const { maxSurge, maxUnavailable } = objectAt(strategy, 'rollingUpdate');
  const limits = { maxSurge: parseAmount(maxSurge, desired, 'up'), maxUnavailable: parseAmount(maxUnavailable, desired, 'down') };
  return limits.maxSurge + limits.maxUnavailable === 0 ? { maxSurge: 0, maxUnavailable: 1 } : limits;
}

function scaleSets(
  store: WorkloadStore,
  deployment: KubeObject,
  desired: number,
  newest: KubeObject,
  old: readonly KubeObject[],
): void {
  const fleet = (set: KubeObject) => ({
    replicas: numberAt(set, ['spec', 'replicas']),
    available: numberAt(set, ['status', 'availableReplicas']),
  });
  const oldPods = old.reduce((count, set) => count + store.owned('pods', set).length, 0);
  const scales = planRollout({
    desired,
    limits: limitsOf(deployment, desired),
    current: fleet(newest),
    old: old.map(fleet),
    oldPods,
  });
  scaleSet(store, newest, scales.current);
  for (const [index, set] of old.entries()) scaleSet(store, set, scales.old[index] ?? 0);
}

function scaleSet(store: WorkloadStore, set: KubeObject, replicas: number): void {
  if (numberAt(set, ['spec', 'replicas']) === replicas) return;
  store.update('replicasets', set, (current) => ({ ...current, spec: { ...objectAt(current, 'spec'), replicas } }));
}

function countPods(store: WorkloadStore, deployment: KubeObject, newest: KubeObject | null, desired: number): DeploymentCounts {
  const sets = store.owned('replicasets', deployment);
  const total = (field: string) => sets.reduce((count, set) => count + numberAt(set, ['status', field]), 0);
  const current = sets.find(({ metadata }) => metadata.name === newest?.metadata.name);
  return {
    desired,
    replicas: total('replicas'),
    updated: numberAt(current, ['status', 'replicas']),
    ready: total('readyReplicas'),
    available: total('availableReplicas'),
    maxUnavailable: limitsOf(deployment, desired)?.maxUnavailable ?? 0,
    newest: newest?.metadata.name ?? '',
  };
}

function removeHistory(store: WorkloadStore, deployment: KubeObject, old: readonly KubeObject[]): void {
  const limit = numberAt(deployment, ['spec', 'revisionHistoryLimit'], 10);
  const idle = old.filter((set) => numberAt(set, ['spec', 'replicas']) === 0 && numberAt(set, ['status', 'replicas']) === 0);
  const byAge = idle.toSorted(
    (a, b) => Number(a.metadata.annotations?.[revisionKey] ?? 0) - Number(b.metadata.annotations?.[revisionKey] ?? 0),
  );
  for (const set of byAge.slice(0, Math.max(0, byAge.length - limit))) store.delete('replicasets', set);
}
