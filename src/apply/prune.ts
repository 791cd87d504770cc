import type { KubeObject, NamespacedName, ObjectRef } from '../core/index.ts';
import { hasSwitch } from './apply-mode.ts';
import { describeEntry, type Inventory, type InventoryEntry, refOfEntry } from './inventory.ts';
import { isServedGroup, switches } from './names.ts';
import { compareForApply } from './order.ts';
import { isOwnedBy, ownerOf } from './owner-labels.ts';

/** What becomes of a stale entry. All but `delete` leave the object alone; all of them end with the entry leaving the inventory. */
export type PruneDecision =
  | { readonly do: 'delete'; readonly because: string; readonly ref: ObjectRef; readonly uid?: string }
  | { readonly do: 'skip' | 'gone' | 'handOver'; readonly because: string };

export interface PruneContext {
  readonly owner: NamespacedName;
  /** Ids of objects that another Kustomization renders or owned when it last worked → who that is (`ns/name`). */
  readonly handovers: ReadonlyMap<string, string>;
  /** Where this product runs: its own namespace and Deployment are never deleted. */
  readonly self?: { readonly namespace: string; readonly deployment?: string };
}

/** The order of deleting: what was applied last goes first. Unreadable ids come last. */
export function pruneOrder(entries: Inventory): InventoryEntry[] {
  return entries.toSorted((left, right) => {
    const [a, b] = [refOfEntry(left), refOfEntry(right)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return compareForApply(b, a);
  });
}

/** Decides about one stale entry. `live` is the object as it is now, null when there is none. */
export function decidePrune(entry: InventoryEntry, live: KubeObject | null, context: PruneContext): PruneDecision {
  const what = describeEntry(entry);
  const ref = refOfEntry(entry);
  if (ref === null) return { do: 'skip', because: `${what} is not an inventory id` };
  const heir = context.handovers.get(entry.id);
  if (heir !== undefined) return { do: 'handOver', because: `${what} belongs to ${heir} from now on` };
  if (live === null) return { do: 'gone', because: `${what} is no longer there` };
  const objection = objectionTo(ref, live, context);
  if (objection !== null) return { do: 'skip', because: `${what} ${objection}` };
  const { uid } = live.metadata;
  return { do: 'delete', because: `${what} is no longer in the source`, ref, ...(uid === undefined ? {} : { uid }) };
}

function objectionTo(ref: ObjectRef, live: KubeObject, { owner, self }: PruneContext): string | null {
  if (!isOwnedBy(live, owner)) {
    const actual = ownerOf(live);
    return actual === null ? 'carries no owner labels any more' : `is labelled as ${actual.namespace}/${actual.name}'s`;
  }
  if (hasSwitch(live, switches.prune, 'disabled')) return `says ${switches.prune}: disabled`;
  if (hasSwitch(live, switches.reconcile, 'disabled')) return `says ${switches.reconcile}: disabled`;
  if (hasSwitch(live, switches.ssa, 'Ignore')) return `says ${switches.ssa}: Ignore`;
  return selfProtection(ref, self);
}

function selfProtection(ref: ObjectRef, self: PruneContext['self']): string | null {
  if (ref.group === 'apiextensions.k8s.io' && isServedGroup(ref.name.slice(ref.name.indexOf('.') + 1)))
    return 'defines a kind that is served here; deleting it would delete every object of it';
  if (self === undefined) return null;
  if (ref.group === '' && ref.kind === 'Namespace' && ref.name === self.namespace) return 'is the namespace this runs in';
  const isOwnDeployment = ref.kind === 'Deployment' && ref.namespace === self.namespace && ref.name === self.deployment;
  return isOwnDeployment ? 'is the Deployment this runs as' : null;
}
