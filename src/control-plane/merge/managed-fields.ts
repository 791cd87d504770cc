import { formatTime, type ManagedFieldsEntry } from '../../core/index.ts';
import { canonicalJson } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import {
  differenceOf,
  emptyTree,
  type FieldTree,
  formatFields,
  insertField,
  isEmptyTree,
  parseFields,
  withoutBelow,
} from './field-tree.ts';

/** What one manager owns, by one operation, through one subresource. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly fields: FieldTree;
  readonly time: string | undefined;
}

export type Owners = ReadonlyMap<string, Owner>;

/** Who it is does not depend on when; an applier stays the same in every version of the API. */
export function ownerKey({ manager, operation, apiVersion, subresource }: Omit<Owner, 'fields' | 'time'>): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Entries that make no sense are left out. */
export function parseOwners(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const entry of entries ?? []) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') continue;
    const { manager = '', operation, apiVersion = '', subresource = '', time } = entry;
    const owner: Owner = { manager, operation, apiVersion, subresource, fields: parseFields(entry.fieldsV1), time };
    owner.fields.owned = false;
    owners.set(ownerKey(owner), owner);
  }
  return owners;
}

/** In Kubernetes' order: appliers first, then by time, then by name. Owners of nothing are left out. */
export function formatOwners(owners: Owners): ManagedFieldsEntry[] {
  const all = [...owners.values()].filter(({ fields }) => !isEmptyTree(fields));
  return all.sort(compareOwners).map(({ manager, operation, apiVersion, subresource, fields, time }) => ({
    manager,
    operation,
    apiVersion,
    ...(time !== undefined && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFields(fields),
    ...(subresource !== '' && { subresource }),
  }));
}

function compareOwners(a: Owner, b: Owner): number {
  const keys = (owner: Owner) =>
    [owner.operation, owner.time ?? '', owner.manager, owner.apiVersion, owner.subresource].join('\u0000');
  return keys(a) < keys(b) ? -1 : 1;
}

/** The owners with `owner` put in; its time moves only if its fields do, or `changed` says so. */
export function withOwner(owners: Owners, owner: Omit<Owner, 'time'>, now: number, changed = false): Map<string, Owner> {
  const key = ownerKey(owner);
  const before = owners.get(key);
  const isSame = before !== undefined && !changed && sameFields(before.fields, owner.fields);
  return new Map(owners).set(key, { ...owner, time: isSame ? before.time : formatTime(now) });
}

function sameFields(a: FieldTree, b: FieldTree): boolean {
  return canonicalJson(formatFields(a)) === canonicalJson(formatFields(b));
}

/** Fields that nobody owns: the object's identity and what the server writes. */
const unowned = createTree(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ].map((field) => ['f:metadata', `f:${field}`]),
);

function createTree(...paths: readonly (readonly string[])[]): FieldTree {
  const tree = emptyTree();
  for (const path of paths) insertField(tree, path);
  return tree;
}

/** Without the fields that this way of writing does not reach, and those that nobody owns. */
export function ownableFields(type: ResourceType, subresource: string, fields: FieldTree): FieldTree {
  const reset =
    subresource === 'status'
      ? createTree(['f:spec'])
      : type.hasStatus && subresource !== 'scale'
        ? createTree(['f:status'])
        : emptyTree();
  return differenceOf(withoutBelow(fields, reset), unowned);
}
