import { type Cluster, formatKey, type KubeObject, type NamespacedName, refOf, type Wake } from '../core/index.ts';
import { podSelector } from './rollout-workloads.ts';

/** What is watched for whom; in memory, since every look after a restart begins it anew. */
export interface RolloutWatches {
  /** From now on, changes of exactly these workloads and their pods wake the rollout. */
  follow(rollout: NamespacedName, workloads: readonly { readonly workload: KubeObject; readonly cluster: Cluster }[]): void;
  stop(): Promise<void>;
}

interface Followed {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** Where something cannot be watched, the rollout is looked at by time alone. */
export function createRolloutWatches({ wake }: { readonly wake: Wake }): RolloutWatches {
  const all = new Map<string, Map<string, Followed>>();
  return {
    follow(rollout, workloads) {
      const key = formatKey(rollout);
      const known = all.get(key) ?? new Map<string, Followed>();
      const wanted = new Map(workloads.map((one) => [idOf(one.workload), one]));
      for (const [id, { abort }] of known) {
        if (wanted.has(id)) continue;
        abort.abort(new Error('no longer followed'));
        known.delete(id);
      }
      for (const [id, one] of wanted) if (!known.has(id)) known.set(id, startWatching(rollout, one, wake));
      if (known.size === 0) all.delete(key);
      else all.set(key, known);
    },
    async stop() {
      const watches = [...all.values()].flatMap((one) => [...one.values()]);
      all.clear();
      for (const { abort } of watches) abort.abort(new Error('stopped'));
      await Promise.all(watches.map(({ ended }) => ended));
    },
  };
}

function idOf(workload: KubeObject): string {
  return workload.metadata.uid ?? `${workload.kind}/${workload.metadata.namespace}/${workload.metadata.name}`;
}

function startWatching(
  rollout: NamespacedName,
  { workload, cluster }: { readonly workload: KubeObject; readonly cluster: Cluster },
  wake: Wake,
): Followed {
  const abort = new AbortController();
  const { namespace = '', name } = workload.metadata;
  // The first listing wakes as well: something may have changed between the look and the watch.
  const tell = () => wake({ kind: 'Rollout', ...rollout }, 'a workload that it follows changed');
  const own = cluster.watch(
    refOf(workload),
    { namespace, fieldSelector: `metadata.name=${name}`, metadataOnly: true, signal: abort.signal },
    tell,
  );
  const labelSelector = podSelector(workload);
  const pods = { group: '', version: 'v1', kind: 'Pod' };
  const tellOfPods = () => wake({ kind: 'Rollout', ...rollout }, 'a pod that it follows changed');
  const others =
    labelSelector === null
      ? Promise.resolve()
      : cluster.watch(pods, { namespace, labelSelector, metadataOnly: true, signal: abort.signal }, tellOfPods);
  return { abort, ended: Promise.allSettled([own, others]).then(() => {}) };
}
