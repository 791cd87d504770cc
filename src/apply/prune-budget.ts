import type { ObjectRef } from '../core/index.ts';
import { describeEntry, type Inventory, type InventoryEntry, refOfEntry } from './inventory.ts';

export interface PruneFacts {
  /** Ids of stale Namespaces, CRDs and PersistentVolumeClaims that still hold something → what (`3 Pods`). */
  readonly holding?: ReadonlyMap<string, string>;
  /** Ids of Kustomizations → how many objects each of them would take along. */
  readonly takesAlong?: ReadonlyMap<string, number>;
  /** What is new in this revision: an object that comes for a stale one of its kind and namespace makes that a rename, not a loss. */
  readonly added?: Inventory;
}

export type PruneBudget = { readonly do: 'proceed' } | { readonly do: 'confirm'; readonly because: string };

/** Losing more than half of this many objects, or all of fewer, has to be confirmed. */
const manyObjects = 10;

/** Whether stale objects may be deleted without somebody confirming it. */
export function pruneBudget(old: Inventory, stale: Inventory, facts: PruneFacts = {}): PruneBudget {
  const holder = stale.find(({ id }) => facts.holding?.has(id));
  if (holder !== undefined)
    return {
      do: 'confirm',
      because: `${describeEntry(holder)} still holds ${facts.holding?.get(holder.id)}; deleting it would delete that too`,
    };
  const total = weigh(old, facts);
  const lost = weigh(withoutRenames(stale, facts.added ?? []), facts);
  const tooMany = total >= manyObjects ? lost * 2 > total : lost > 0 && lost >= total;
  if (!tooMany) return { do: 'proceed' };
  return { do: 'confirm', because: `${lost === total ? `all ${total}` : `${lost} of ${total}`} objects would be deleted` };
}

function weigh(entries: Inventory, { takesAlong }: PruneFacts): number {
  return entries.reduce((sum, { id }) => sum + 1 + (takesAlong?.get(id) ?? 0), 0);
}

function withoutRenames(stale: Inventory, added: Inventory): InventoryEntry[] {
  const replacements = new Map<string, number>();
  for (const entry of added) replacements.set(placeOf(entry), (replacements.get(placeOf(entry)) ?? 0) + 1);
  return stale.filter((entry) => {
    const left = replacements.get(placeOf(entry)) ?? 0;
    replacements.set(placeOf(entry), left - 1);
    return left <= 0;
  });
}

function placeOf(entry: InventoryEntry): string {
  const { group, kind, namespace }: Partial<ObjectRef> = refOfEntry(entry) ?? {};
  return `${group}/${kind}/${namespace}`;
}
