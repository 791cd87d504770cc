import type { KubeObject, ObjectRef } from '../core/index.ts';
import { refOf } from '../core/index.ts';

// What others refer to comes first, what intercepts others' requests last; all other kinds stand between.
const firstKinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const lastKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const ranks = new Map<string, number>([
  ...firstKinds.map((kind, index): [string, number] => [kind, index - firstKinds.length]),
  ...lastKinds.map((kind, index): [string, number] => [kind, index + 1]),
]);

/** The order of applying inside a stage: kinds (of any group) by Flux's list, the rest by group and kind; ties by namespace and name. */
export function compareForApply(left: ObjectRef, right: ObjectRef): number {
  return (
    rank(left) - rank(right) ||
    compareText(left.group, right.group) ||
    compareText(left.kind, right.kind) ||
    compareText(left.namespace ?? '', right.namespace ?? '') ||
    compareText(left.name, right.name)
  );
}

/** A sorted copy. */
export function inApplyOrder(objects: readonly KubeObject[]): KubeObject[] {
  return objects.toSorted((left, right) => compareForApply(refOf(left), refOf(right)));
}

function rank({ kind }: ObjectRef): number {
  return ranks.get(kind) ?? 0;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
