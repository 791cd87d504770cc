import type { KubeObject } from '../../core/index.ts';
import { isEqual } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { ObjectApi } from '../objects/object-api.ts';

/** Who the simulated controllers are in managedFields. */
const manager = 'kube-controller-manager';

export type WorkloadKind = 'deployments' | 'replicasets' | 'statefulsets' | 'daemonsets' | 'jobs' | 'pods';

/** The objects of workloads, read and written as the controllers of a cluster would. */
export class WorkloadStore {
  readonly api: ObjectApi;

  constructor(api: ObjectApi) {
    this.api = api;
  }

  type(kind: WorkloadKind): ResourceType {
    const group = kind === 'pods' ? '' : kind === 'jobs' ? 'batch' : 'apps';
    const type = this.api.kinds.find(group, 'v1', kind);
    if (type === undefined) throw new Error(`${kind} are not served`);
    return type;
  }

  find(kind: WorkloadKind, namespace: string, name: string): KubeObject | null {
    return this.api.find({ type: this.type(kind), namespace, name });
  }

  /** The objects that `owner` controls, those that are being deleted left out. */
  owned(kind: WorkloadKind, owner: KubeObject): KubeObject[] {
    const { storage } = this.type(kind);
    const found = this.api.table.ownedBy(owner.metadata.uid ?? '').filter((item) => item.storage === storage);
    return found.map(({ object }) => object).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  create(kind: WorkloadKind, object: KubeObject): KubeObject {
    return this.api.create(this.type(kind), object.metadata.namespace ?? '', object, { manager });
  }

  update(kind: WorkloadKind, { metadata }: KubeObject, change: (current: KubeObject) => KubeObject): KubeObject {
    const place = { type: this.type(kind), namespace: metadata.namespace ?? '', name: metadata.name };
    return this.api.update(place, change, { manager });
  }

  /** Writes status; nothing happens where it is the same. */
  writeStatus(kind: WorkloadKind, object: KubeObject, status: object): void {
    const { namespace = '', name } = object.metadata;
    const current = this.find(kind, namespace, name);
    if (current === null || isEqual(current['status'], status)) return;
    const writer = kind === 'pods' ? 'kubelet' : manager;
    this.api.update({ type: this.type(kind), namespace, name }, (seen) => ({ ...seen, status }), {
      manager: writer,
      subresource: 'status',
    });
  }

  delete(kind: WorkloadKind, { metadata }: KubeObject): void {
    const place = { type: this.type(kind), namespace: metadata.namespace ?? '', name: metadata.name };
    if (this.api.find(place) !== null) this.api.delete(place, { propagation: 'Background' });
  }
}
