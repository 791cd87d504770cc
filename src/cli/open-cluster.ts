import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { productVersion } from '../api/index.ts';
import { createCluster, type KubeconfigSource } from '../cluster/index.ts';
import { type Cluster, type Instant, silentLog } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import type { Session } from './session.ts';

/** Runs `use` with the cluster that the options name, and ends its connections afterwards. `serverNow` is the time there, as its last answer told it. */
export async function withCluster<Result>(
  options: ClusterOptions,
  { environment, clock }: Session,
  use: (cluster: Cluster, serverNow: () => Instant) => Promise<Result>,
): Promise<Result> {
  let aheadMs = 0;
  const cluster = await createCluster({
    kubeconfig: findKubeconfig(options, environment),
    ...(options.context === undefined ? {} : { context: options.context }),
    userAgent: `tagalong/${productVersion}`,
    clock,
    log: silentLog,
    onRequest: ({ serverTime }) => {
      if (serverTime !== null) aheadMs = serverTime - clock.now();
    },
  });
  try {
    return await use(cluster, () => clock.now() + (Math.abs(aheadMs) < tellingMs ? 0 : aheadMs));
  } finally {
    await cluster.close();
  }
}

/** Answers tell whole seconds: less than this is no difference of clocks. */
const tellingMs = 5000;

/** Where the kubeconfig is: what was given, else $KUBECONFIG, ~/.kube/config, or the pod this runs in. */
export function findKubeconfig({ kubeconfig }: ClusterOptions, environment: Session['environment']): KubeconfigSource {
  if (kubeconfig !== undefined) return { path: kubeconfig };
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const home = join(environment['HOME'] ?? homedir(), '.kube', 'config');
  const path = [...listed, home].find((candidate) => existsSync(candidate));
  if (path !== undefined) return { path };
  if (environment['KUBERNETES_SERVICE_HOST']) return 'in-cluster';
  throw new CliError('NO_CLUSTER', `no kubeconfig found (looked at ${[...listed, home].join(', ')}); give one with --kubeconfig`);
}
