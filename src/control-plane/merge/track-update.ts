import { formatTime, type KubeObject, type ManagedFieldsEntry } from '../../core/index.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';
import type { WriteOptions } from '../objects/write-options.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { differenceOf, emptyTree, isEmptyTree, unionOf } from './field-tree.ts';
import { formatOwners, type Owner, type Owners, ownableFields, ownerKey, parseOwners } from './managed-fields.ts';

export interface TrackedWrite {
  readonly type: ResourceType;
  readonly old: KubeObject | null;
  readonly object: KubeObject;
  /** The managedFields that came with the request. */
  readonly given: ManagedFieldsEntry[] | undefined;
  readonly now: number;
  readonly options: WriteOptions;
}

/** The managedFields after a write that is no apply: the writer owns what it changed, and nobody else does any more. */
export function trackUpdate(write: TrackedWrite): ManagedFieldsEntry[] {
  const { type, old, object, now, options } = write;
  const owners = ownersBefore(write);
  // An object whose owners somebody wiped stays untracked until the next apply.
  if (owners.size === 0 && old !== null) return [];
  const { added, modified, removed } = compareOwnable(type, options.subresource ?? '', old ?? {}, object);
  const taken = unionOf(added, modified);
  const rest = new Map(
    [...owners].map(([key, owner]) => [key, { ...owner, fields: differenceOf(differenceOf(owner.fields, taken), removed) }]),
  );
  if (isEmptyTree(taken)) return formatOwners(rest);
  const self: Omit<Owner, 'fields' | 'time'> = {
    manager: options.manager,
    operation: 'Update',
    apiVersion: apiVersionOf(type),
    subresource: options.subresource ?? '',
  };
  const before = rest.get(ownerKey(self))?.fields ?? emptyTree();
  return formatOwners(rest.set(ownerKey(self), { ...self, fields: unionOf(before, taken), time: formatTime(now) }));
}

/** What differs, of what this way of writing reaches. */
export function compareOwnable(type: ResourceType, subresource: string, before: unknown, after: unknown): Comparison {
  const { added, modified, removed } = compareObjects(type.schema, before, after);
  const own = (fields: typeof added) => ownableFields(type, subresource, fields);
  return { added: own(added), modified: own(modified), removed: own(removed) };
}

/** A request may set managedFields itself: `[{}]` wipes them, anything readable replaces them. */
function ownersBefore({ old, given, options }: TrackedWrite): Owners {
  if (options.subresource === undefined && given !== undefined) {
    const [only] = given;
    if (given.length === 1 && only !== undefined && Object.keys(only).length === 0) return new Map();
    const owners = parseOwners(given);
    if (owners.size > 0) return owners;
  }
  return parseOwners(old?.metadata.managedFields);
}
