import { updateGuardKind } from '../../api/index.ts';
import { ownerLabels } from '../../apply/index.ts';
import { type Cluster, keyOf } from '../../core/index.ts';

/** What Kustomizations applied of a kind that only tagalong has: its definition goes with tagalong, and then it cannot be applied. */
export async function findGuardsInGit(cluster: Cluster, signal: AbortSignal): Promise<string[]> {
  const { items } = await cluster.list(updateGuardKind, { signal }).catch(() => ({ items: [] }));
  const applied = items.filter(({ metadata }) => metadata.labels?.[ownerLabels.name] !== undefined);
  return applied.map((guard) => `UpdateGuard ${keyOf(guard)}`);
}
