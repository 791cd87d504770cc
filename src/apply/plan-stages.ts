import { gvkOf, type KubeObject } from '../core/index.ts';
import { inApplyOrder } from './order.ts';

/** Objects that are applied together. Where `waits`, they have to be Current before the next stage starts. */
export interface Stage {
  readonly name: 'definitions' | 'classes' | 'rest';
  readonly objects: readonly KubeObject[];
  readonly waits: boolean;
}

/** Definitions, namespaces and cluster roles; then kinds that end in `Class`; then the rest. Empty stages are left out. */
export function planStages(objects: readonly KubeObject[]): Stage[] {
  const stages: Stage[] = (['definitions', 'classes', 'rest'] as const).map((name) => ({
    name,
    objects: inApplyOrder(objects.filter((object) => stageOf(object) === name)),
    waits: name !== 'rest',
  }));
  return stages.filter((stage) => stage.objects.length > 0);
}

function stageOf(object: KubeObject): Stage['name'] {
  const { group, kind } = gvkOf(object);
  const defines =
    (group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition') ||
    (object.apiVersion === 'v1' && kind === 'Namespace') ||
    (group === 'rbac.authorization.k8s.io' && kind === 'ClusterRole');
  if (defines) return 'definitions';
  return kind.endsWith('Class') ? 'classes' : 'rest';
}
