import { type Cluster, type Log, systemClock } from '../../core/index.ts';
import { createLeases, type Leases } from '../../lease/index.ts';
import type { RuntimePlace } from '../runtime-place.ts';
import type { RunOptions } from './run-options.ts';

/** Leases where others may write the same kinds: in a cluster, or where it was asked for. */
export function openLeases(
  { policies, kubeconfig, leaderElect, controllers, watchLabelSelector, observe }: RunOptions,
  cluster: Cluster,
  { namespace, identity, inCluster }: RuntimePlace,
  log: Log,
): Leases | null {
  // Who only observes competes with nobody.
  if (observe === true) return null;
  const byDefault = inCluster && kubeconfig === undefined && policies === undefined;
  if (!(leaderElect ?? byDefault)) return null;
  const shard = watchLabelSelector === undefined ? {} : { shard: watchLabelSelector.text };
  return createLeases({ cluster, namespace, identity, groups: controllers, clock: systemClock, log, ...shard });
}
