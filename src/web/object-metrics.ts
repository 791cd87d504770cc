import { Gauge, type Registry } from 'prom-client';
import { type KubeObject, nameOf } from '../core/index.ts';
import { addUpdateGauges } from './update-metrics.ts';

interface Status {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  readonly artifact?: { readonly revision?: string };
  readonly lastAppliedRevision?: string;
  readonly lastPushCommit?: string;
  readonly latestRef?: { readonly tag?: string };
}

const conditionTypes = ['Ready', 'Reconciling', 'Stalled'] as const;
const conditionStatuses = ['True', 'False', 'Unknown'] as const;

/**
 * The state of every served object, read at each exposition so that a deleted one leaves nothing: `gotk_reconcile_condition` and
 * `gotk_suspend_status` as Flux's controllers count them, `gotk_resource_info` as Flux has kube-state-metrics tell it.
 */
export function addObjectGauges(register: Registry, objects: () => Iterable<KubeObject>): void {
  addConditions(register, objects);
  addSuspensions(register, objects);
  addInfo(register, objects);
  addUpdateGauges(register, objects);
}

function addConditions(register: Registry, objects: () => Iterable<KubeObject>): void {
  new Gauge({
    name: 'gotk_reconcile_condition',
    help: 'The current condition status of an object; Deleted while it is being deleted.',
    labelNames: ['kind', 'name', 'namespace', 'type', 'status'],
    registers: [register],
    collect() {
      this.reset();
      for (const object of objects())
        for (const { type, current } of conditionsOf(object))
          for (const status of [...conditionStatuses, 'Deleted'])
            this.set({ ...labelsOf(object), type, status }, status === current ? 1 : 0);
    },
  });
}

/** Ready always, the others where they are set. */
function conditionsOf(object: KubeObject): { type: string; current: string }[] {
  if (object.metadata.deletionTimestamp !== undefined) return [{ type: 'Ready', current: 'Deleted' }];
  const conditions = statusOf(object).conditions ?? [];
  return conditionTypes.flatMap((type) => {
    const current = conditions.find((one) => one.type === type)?.status;
    if (current === undefined && type !== 'Ready') return [];
    return [{ type, current: current ?? 'Unknown' }];
  });
}

function addSuspensions(register: Registry, objects: () => Iterable<KubeObject>): void {
  new Gauge({
    name: 'gotk_suspend_status',
    help: '1 where an object is suspended, else 0.',
    labelNames: ['kind', 'name', 'namespace'],
    registers: [register],
    collect() {
      this.reset();
      for (const object of objects()) this.set(labelsOf(object), isSuspended(object) ? 1 : 0);
    },
  });
}

function addInfo(register: Registry, objects: () => Iterable<KubeObject>): void {
  new Gauge({
    name: 'gotk_resource_info',
    help: 'What an object is and where it stands.',
    labelNames: [
      'customresource_group',
      'customresource_version',
      'customresource_kind',
      'exported_namespace',
      'name',
      'ready',
      'suspended',
      'reason',
      'revision',
    ],
    registers: [register],
    collect() {
      this.reset();
      for (const object of objects()) this.set(infoOf(object), 1);
    },
  });
}

function infoOf(object: KubeObject): Record<string, string> {
  const { kind, name, namespace } = labelsOf(object);
  const [group = '', version = ''] = object.apiVersion.split('/');
  const status = statusOf(object);
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return {
    ...{
      customresource_group: group,
      customresource_version: version,
      customresource_kind: kind,
      exported_namespace: namespace,
      name,
    },
    ready: ready?.status ?? 'Unknown',
    suspended: String(isSuspended(object)),
    reason: ready?.reason ?? '',
    revision: status.lastAppliedRevision ?? status.artifact?.revision ?? status.latestRef?.tag ?? status.lastPushCommit ?? '',
  };
}

function labelsOf(object: KubeObject): { kind: string; name: string; namespace: string } {
  const { namespace, name } = nameOf(object);
  return { kind: object.kind, name, namespace };
}

function statusOf(object: KubeObject): Status {
  return (object['status'] ?? {}) as Status;
}

function isSuspended(object: KubeObject): boolean {
  return (object['spec'] as { suspend?: boolean } | undefined)?.suspend === true;
}
