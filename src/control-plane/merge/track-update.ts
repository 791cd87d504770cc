import type { KubeObject, ManagedFieldsEntry } from '../../core/index.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { WriteOptions } from '../objects/write-options.ts';

export interface TrackedWrite {
  readonly type: ResourceType;
  readonly old: KubeObject | null;
  readonly object: KubeObject;
  /** The managedFields that came with the request. */
  readonly given: ManagedFieldsEntry[] | undefined;
  readonly now: number;
  readonly options: WriteOptions;
}

export function trackUpdate({ old }: TrackedWrite): ManagedFieldsEntry[] {
  return old?.metadata.managedFields ?? [];
}
