import { type Kustomization, kustomizationKind } from '../api/index.ts';
import { inventoryId } from '../apply/index.ts';
import { type Artifact, type Cluster, formatKey, gvkOf, type KubeObject, nameOf, refOf } from '../core/index.ts';
import { type BuildTools, buildKustomization } from './kustomization-build.ts';
import { targetOf } from './kustomization-remote.ts';
import { inventoryOfStatus, isSameSource } from './kustomization-spec.ts';
import { withoutStrayNamespaces } from './stray-namespaces.ts';

export interface NeighbourFacts extends BuildTools {
  /** The source's artifact at the revision in question; null when there is none, and then what neighbours own has to do. */
  readonly artifact: Artifact | null;
  /** The cluster that is applied to; it knows the scope of its kinds. */
  readonly target: Cluster;
}

/**
 * Ids of objects that another Kustomization of the same source renders at this revision → who. What a neighbour that is suspended, or
 * that cannot be built, owned when it last worked is handed over too: a mistake there must not delete things here. A Kustomization that
 * only this revision brings counts as well: otherwise one that is split would lose what its new half is about to apply.
 */
export async function findHandovers(
  self: Kustomization,
  all: readonly Kustomization[],
  facts: NeighbourFacts,
): Promise<ReadonlyMap<string, string>> {
  const known = new Map(all.filter((one) => isSameSource(self, one) && !isGoing(one)).map((one) => [keyOf(one), one]));
  const handovers = new Map<string, string>();
  const waiting = [self, ...known.values()];
  const seen = new Set<string>();
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    if (seen.has(keyOf(one))) continue;
    seen.add(keyOf(one));
    const { ids, kustomizations } = await renderedBy(one, facts);
    // Those of another cluster are not made here.
    if (targetOf(one) === '')
      waiting.push(...kustomizations.filter((other) => !known.has(keyOf(other)) && isSameSource(self, other)));
    if (keyOf(one) === keyOf(self) || targetOf(one) !== targetOf(self)) continue;
    for (const id of ids) if (!handovers.has(id)) handovers.set(id, keyOf(one));
  }
  return handovers;
}

function keyOf(one: Kustomization): string {
  return formatKey(nameOf(one));
}

function isGoing({ metadata }: Kustomization): boolean {
  return metadata.deletionTimestamp !== undefined;
}

interface Rendered {
  readonly ids: readonly string[];
  readonly kustomizations: readonly Kustomization[];
}

async function renderedBy(neighbour: Kustomization, { artifact, target, ...tools }: NeighbourFacts): Promise<Rendered> {
  const owned = { ids: inventoryOfStatus(neighbour).map(({ id }) => id), kustomizations: [] };
  if (artifact === null || neighbour.spec.suspend === true) return owned;
  try {
    const built = await buildKustomization(neighbour, artifact, tools);
    const objects = await withoutStrayNamespaces(
      built.objects.map(({ object }) => object),
      target,
    );
    return {
      ids: objects.map((object) => inventoryId(refOf(object))),
      kustomizations: objects.flatMap((object) => (isKustomization(object) ? [object as unknown as Kustomization] : [])),
    };
  } catch {
    tools.signal.throwIfAborted();
    return owned;
  }
}

function isKustomization(object: KubeObject): boolean {
  const { group, kind } = gvkOf(object);
  const { sourceRef } = (object['spec'] ?? {}) as { sourceRef?: unknown };
  return (
    group === kustomizationKind.group && kind === kustomizationKind.kind && typeof sourceRef === 'object' && sourceRef !== null
  );
}
