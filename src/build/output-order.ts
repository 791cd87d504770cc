import { gvkOf, type KubeObject } from '../core/index.ts';

const first = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const ranks: ReadonlyMap<string, number> = new Map([
  ...first.map((kind, index) => [kind, index - first.length] as const),
  ...last.map((kind, index) => [kind, index + 1] as const),
]);

/** The order in which `kustomize build` prints objects: by kind (of any group), then group, version, kind, namespace and name; absent parts last. */
export function compareForOutput(a: KubeObject, b: KubeObject): number {
  const byKind = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0);
  if (byKind !== 0) return byKind;
  return Buffer.compare(Buffer.from(sortKey(a)), Buffer.from(sortKey(b)));
}

function sortKey(object: KubeObject): string {
  const { group, version, kind } = gvkOf(object);
  const { namespace, name } = object.metadata;
  return [[group || '~G', version, kind].join('_'), namespace || '~X', name].join('|');
}
