import { confirmPruneAnnotation, type Kustomization } from '../api/index.ts';
import {
  type Change,
  decidePrune,
  describeEntry,
  difference,
  digestOf,
  type Inventory,
  type InventoryEntry,
  type PruneDecision,
  pruneBudget,
  pruneOrder,
  refOfEntry,
} from '../apply/index.ts';
import {
  type Artifact,
  formatKey,
  type KubeObject,
  nameOf,
  type ObjectRef,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import { concurrently } from './concurrently.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';
import { findHolding } from './kustomization-holding.ts';
import { findHandovers } from './kustomization-neighbours.ts';
import { deletionOf, inventoryOfStatus } from './kustomization-spec.ts';

export interface PruneInput {
  readonly kustomization: Kustomization;
  /** What may exist but is no longer wanted. */
  readonly stale: Inventory;
  readonly artifact: Artifact | null;
  /** Absent where the whole Kustomization goes: somebody asked for that by name. */
  readonly budget?: {
    readonly revision: string;
    /** The inventory when the last run came to its end. */
    readonly settled: Inventory;
    readonly planned: Inventory;
  };
}

export interface PruneResult {
  readonly changes: readonly Change[];
  /** What has to stay in the inventory: deletes that failed, or that nobody confirmed. */
  readonly kept: Inventory;
  /** What a person has to confirm; null when nothing waits for that. */
  readonly unconfirmed: string | null;
  readonly failures: readonly unknown[];
}

interface Judged {
  readonly entry: InventoryEntry;
  readonly ref: ObjectRef | null;
  readonly live: KubeObject | null;
  readonly decision: PruneDecision;
}

const looksAtOnce = 8;

/** Deletes what is no longer wanted, except what another Kustomization renders, what is protected, and what exceeds the budget. */
export async function pruneStale(input: PruneInput, context: StepContext, deps: KustomizationDeps): Promise<PruneResult> {
  if (input.stale.length === 0) return { changes: [], kept: [], unconfirmed: null, failures: [] };
  const judged = await judge(input, context, deps);
  const deletions = judged.filter(({ decision }) => decision.do === 'delete');
  const unconfirmed = await exceedsBudget(input, deletions, { context, deps });
  if (unconfirmed === null) return remove(judged, context, deps);
  const others = judged.filter(({ decision }) => decision.do !== 'delete');
  return { changes: changesOf(others), kept: deletions.map(({ entry }) => entry), unconfirmed, failures: [] };
}

/** What would be deleted, whoever has to confirm it first. */
export async function planPrune(input: PruneInput, context: StepContext, deps: KustomizationDeps): Promise<readonly ObjectRef[]> {
  const judged = input.stale.length === 0 ? [] : await judge(input, context, deps);
  return judged.flatMap(({ decision }) => (decision.do === 'delete' ? [decision.ref] : []));
}

async function judge(input: PruneInput, context: StepContext, deps: KustomizationDeps): Promise<Judged[]> {
  const { signal } = context;
  const handovers = await findHandovers(input.kustomization, deps.list(), {
    builder: deps.builder,
    home: deps.home,
    decryption: deps.decryption,
    artifact: input.artifact,
    target: deps.cluster,
    signal,
  });
  const owner = nameOf(input.kustomization);
  const facts = { owner, handovers, ...(deps.self === undefined ? {} : { self: deps.self }) };
  return concurrently(pruneOrder(input.stale), looksAtOnce, async (entry) => {
    const ref = refOfEntry(entry);
    const live = ref === null ? null : await getOrNull(ref, context, deps);
    return { entry, ref, live, decision: decidePrune(entry, live, facts) };
  });
}

/** A kind that is gone took its objects along. */
async function getOrNull(ref: ObjectRef, { signal }: StepContext, { cluster }: KustomizationDeps): Promise<KubeObject | null> {
  try {
    return await cluster.get(ref, signal);
  } catch (error) {
    if (error instanceof TagalongError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** What a person has to be told and asked; null when the deletes may go ahead. */
async function exceedsBudget(
  { kustomization, budget }: PruneInput,
  deletions: readonly Judged[],
  { context, deps }: { context: StepContext; deps: KustomizationDeps },
): Promise<string | null> {
  if (budget === undefined || deletions.length === 0) return null;
  const value = confirmationOf(budget.revision, deletions);
  if (kustomization.metadata.annotations?.[confirmPruneAnnotation] === value) return null;
  const settled = new Set(budget.settled.map(({ id }) => id));
  const live = new Map(deletions.flatMap(({ entry, live: object }) => (object === null ? [] : [[entry.id, object] as const])));
  const entries = deletions.map(({ entry }) => entry);
  const verdict = pruneBudget(
    budget.settled,
    entries.filter(({ id }) => settled.has(id)),
    {
      holding: await findHolding(entries, live, { cluster: deps.cluster, signal: context.signal }),
      takesAlong: takenAlong(deletions, deps),
      added: difference(budget.planned, budget.settled),
    },
  );
  return verdict.do === 'proceed' ? null : describeUnconfirmed(kustomization, entries, verdict.because, value);
}

/** Valid for one revision and one set of objects only. */
function confirmationOf(revision: string, deletions: readonly Judged[]): string {
  const ids = deletions.map(({ entry }) => entry.id).toSorted();
  return `${revision}/${digestOf(ids).slice('sha256:'.length, 'sha256:'.length + 12)}`;
}

/** How many objects each Kustomization that goes would take along. */
function takenAlong(deletions: readonly Judged[], deps: KustomizationDeps): ReadonlyMap<string, number> {
  const all = new Map(deps.list().map((one) => [formatKey(nameOf(one)), one]));
  return new Map(
    deletions.flatMap(({ entry, ref }) => {
      if (ref?.group !== 'kustomize.toolkit.fluxcd.io' || ref.kind !== 'Kustomization') return [];
      const going = all.get(formatKey({ namespace: ref.namespace ?? '', name: ref.name }));
      return going === undefined || deletionOf(going) === 'keep' ? [] : [[entry.id, inventoryOfStatus(going).length] as const];
    }),
  );
}

const namedAtMost = 10;

function describeUnconfirmed(kustomization: Kustomization, entries: Inventory, because: string, value: string): string {
  const named = entries.slice(0, namedAtMost).map(describeEntry).join(', ');
  const more = entries.length > namedAtMost ? ` and ${entries.length - namedAtMost} more` : '';
  return `prune waits for confirmation: ${because} (${named}${more}); run \`tagalong confirm prune ${kustomization.metadata.name} -n ${kustomization.metadata.namespace}\`, which sets the annotation ${confirmPruneAnnotation}: ${value}`;
}

async function remove(judged: readonly Judged[], context: StepContext, deps: KustomizationDeps): Promise<PruneResult> {
  const failures: unknown[] = [];
  const kept: InventoryEntry[] = [];
  // One after another, in reverse order of applying: what others refer to goes last.
  for (const { entry, decision } of judged) {
    if (decision.do !== 'delete') continue;
    try {
      const uid = decision.uid === undefined ? {} : { uid: decision.uid };
      await deps.cluster.delete(decision.ref, { propagation: 'Background', signal: context.signal, ...uid });
    } catch (error) {
      // A delete that was not confirmed stays in the inventory; dropping it would orphan the object for ever.
      kept.push(entry);
      failures.push(error);
    }
  }
  const done = judged.filter(({ entry }) => !kept.includes(entry));
  return { changes: changesOf(done), kept, unconfirmed: null, failures };
}

function changesOf(judged: readonly Judged[]): Change[] {
  return judged.flatMap(({ ref, decision }): Change[] => {
    if (ref === null) return [];
    if (decision.do === 'delete') return [{ ref, action: 'deleted' }];
    return decision.do === 'skip' ? [{ ref, action: 'skipped' }] : [];
  });
}
