import { type ClusterOptions, createCluster } from '../../src/cluster/index.ts';
import { type Clock, type Cluster, silentLog, systemClock } from '../../src/core/index.ts';

/** A kubeconfig with one context. */
export function kubeconfigOf(
  server: string,
  user: Readonly<Record<string, unknown>> = { token: 'letmein' },
  cluster = {},
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'it', cluster: { server, ...cluster } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'it', context: { cluster: 'it', user: 'me' } }],
    'current-context': 'it',
  });
}

/** A client of a fake API, closed with the scope; waits are short. */
export async function connect(server: string, options: Partial<ClusterOptions> = {}): Promise<Cluster & AsyncDisposable> {
  const cluster = await createCluster({
    kubeconfig: { yaml: kubeconfigOf(server) },
    userAgent: 'tagalong/test',
    clock: systemClock,
    log: silentLog,
    watchTimes: { backoffMs: 5, maxBackoffMs: 20 },
    ...options,
  });
  return Object.assign(cluster, { [Symbol.asyncDispose]: () => cluster.close() });
}

export const configMap = { group: '', version: 'v1', kind: 'ConfigMap' };
export const deployment = { group: 'apps', version: 'v1', kind: 'Deployment' };
export const settings = { ...configMap, namespace: 'web', name: 'settings' };

/** A clock on which every sleep is over at once, and has taken its time. */
export function hastyClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
    schedule: () => () => {},
  };
}
