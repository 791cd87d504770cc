import type { Kustomization } from '../api/index.ts';
import { inventoryId } from '../apply/index.ts';
import { type Artifact, formatKey, nameOf, refOf } from '../core/index.ts';
import { type BuildTools, buildKustomization } from './kustomization-build.ts';
import { targetOf } from './kustomization-remote.ts';
import { inventoryOfStatus, isSameSource } from './kustomization-spec.ts';

export interface NeighbourFacts extends BuildTools {
  /** The source's artifact at the revision in question; null when there is none, and then what neighbours own has to do. */
  readonly artifact: Artifact | null;
}

/**
 * Ids of objects that another Kustomization of the same source renders at this revision → who. What a neighbour that is suspended, or
 * that cannot be built, owned when it last worked is handed over too: a mistake there must not delete things here.
 */
export async function findHandovers(
  self: Kustomization,
  all: readonly Kustomization[],
  facts: NeighbourFacts,
): Promise<ReadonlyMap<string, string>> {
  const handovers = new Map<string, string>();
  for (const neighbour of all) {
    if (formatKey(nameOf(neighbour)) === formatKey(nameOf(self)) || !isSameSource(self, neighbour)) continue;
    // What another cluster gets is not here.
    if (targetOf(self) !== targetOf(neighbour)) continue;
    if (neighbour.metadata.deletionTimestamp !== undefined) continue;
    for (const id of await idsOf(neighbour, facts)) if (!handovers.has(id)) handovers.set(id, formatKey(nameOf(neighbour)));
  }
  return handovers;
}

async function idsOf(neighbour: Kustomization, { artifact, ...tools }: NeighbourFacts): Promise<string[]> {
  const owned = inventoryOfStatus(neighbour).map(({ id }) => id);
  if (artifact === null || neighbour.spec.suspend === true) return owned;
  try {
    const { objects } = await buildKustomization(neighbour, artifact, tools);
    return objects.map(({ object }) => inventoryId(refOf(object)));
  } catch {
    tools.signal.throwIfAborted();
    return owned;
  }
}
