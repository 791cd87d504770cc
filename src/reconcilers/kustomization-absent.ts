import { inventoryId } from '../apply/index.ts';
import { type Cluster, gvkOf, type KubeObject, refOf } from '../core/index.ts';
import type { DriftWatcher } from './drift-watcher.ts';

/** From so many of a kind and namespace on, one listing is cheaper than asking for each. */
const listedFrom = 10;

/**
 * Ids of objects that certainly do not exist yet: the watch, which sees only what carries our label, does not have them, and neither
 * has a listing of everything. Where nothing may be listed there are none, and each has to be asked for.
 */
export async function findAbsent(
  manifests: readonly KubeObject[],
  { cluster, drift, signal }: { readonly cluster: Cluster; readonly drift: DriftWatcher; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const unseen = manifests.filter((manifest) => drift.look(manifest).state === 'absent');
  const places = Map.groupBy(unseen, ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace ?? ''}`);
  const found = await Promise.all(
    [...places.values()]
      .filter(({ length }) => length >= listedFrom)
      .map((place) => absentOf(place, { cluster, signal }).catch(() => [])),
  );
  signal.throwIfAborted();
  return new Set(found.flat());
}

async function absentOf(
  place: readonly KubeObject[],
  { cluster, signal }: { readonly cluster: Cluster; readonly signal: AbortSignal },
): Promise<string[]> {
  const [first] = place;
  if (first === undefined) return [];
  const { namespace } = first.metadata;
  const options = { metadataOnly: true, signal, ...(namespace === undefined ? {} : { namespace }) };
  const { items } = await cluster.list(gvkOf(first), options);
  const names = new Set(items.map(({ metadata }) => metadata.name));
  return place.filter(({ metadata }) => !names.has(metadata.name)).map((manifest) => inventoryId(refOf(manifest)));
}
