import { formatApiVersion, gvkOf, type KubeObject, type ObjectRef, refOf } from '../core/index.ts';
import { compareForApply } from './order.ts';

/** One entry of `status.inventory.entries`; the version is not part of an object's identity. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<kind>`. */
  readonly id: string;
  /** The version it was applied in. */
  readonly v: string;
}

export type Inventory = readonly InventoryEntry[];

const rbacKinds = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

/** The id of an object: cluster-scoped → leading `_`, core group → empty; a `:` in RBAC names becomes `__`. */
export function inventoryId({ namespace, name, group, kind }: Omit<ObjectRef, 'version'>): string {
  const written = rbacKinds.has(kind) && group === 'rbac.authorization.k8s.io' ? name.replaceAll(':', '__') : name;
  return [namespace ?? '', written, group, kind].join('_');
}

/** What an id names, or null when it is not one. */
export function parseInventoryId(id: string): Omit<ObjectRef, 'version'> | null {
  const first = id.indexOf('_');
  const last = id.lastIndexOf('_');
  const beforeLast = last > 0 ? id.lastIndexOf('_', last - 1) : -1;
  if (first < 0 || beforeLast <= first) return null;
  const [namespace, name] = [id.slice(0, first), id.slice(first + 1, beforeLast).replaceAll('__', ':')];
  const [group, kind] = [id.slice(beforeLast + 1, last), id.slice(last + 1)];
  if (name === '' || kind === '') return null;
  return { group, kind, name, ...(namespace === '' ? {} : { namespace }) };
}

/** What an entry names, in the version it was applied in; null when the id is not one. */
export function refOfEntry({ id, v }: InventoryEntry): ObjectRef | null {
  const parsed = parseInventoryId(id);
  return parsed === null ? null : { ...parsed, version: v };
}

export function entryOf(object: KubeObject): InventoryEntry {
  return { id: inventoryId(refOf(object)), v: gvkOf(object).version };
}

/** The inventory of objects, in the order they are applied in; each object once. */
export function inventoryOf(objects: readonly KubeObject[]): InventoryEntry[] {
  const refs = objects.map(refOf).toSorted(compareForApply);
  return union(
    [],
    refs.map((ref) => ({ id: inventoryId(ref), v: ref.version })),
  );
}

/** Everything of both, the versions of `planned` where both have an object: what may exist while an apply is under way. */
export function union(old: Inventory, planned: Inventory): InventoryEntry[] {
  const merged = new Map<string, InventoryEntry>();
  for (const entry of [...planned, ...old]) if (!merged.has(entry.id)) merged.set(entry.id, entry);
  return [...merged.values()];
}

/** What `old` has and `next` has not, in any version: what became stale. */
export function difference(old: Inventory, next: Inventory): InventoryEntry[] {
  const kept = new Set(next.map(({ id }) => id));
  return old.filter(({ id }) => !kept.has(id));
}

/** `Kind/namespace/name` of an entry, for messages. */
export function describeEntry(entry: InventoryEntry): string {
  const ref = refOfEntry(entry);
  if (ref === null) return entry.id;
  return ref.namespace === undefined ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** `apps/v1` of an entry. */
export function apiVersionOfEntry(entry: InventoryEntry): string | null {
  const ref = refOfEntry(entry);
  return ref === null ? null : formatApiVersion(ref);
}
