import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { productVersion } from '../api/index.ts';
import { createCluster, type KubeconfigSource } from '../cluster/index.ts';
import { type Cluster, silentLog } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import type { Session } from './session.ts';

/** Runs `use` with the cluster that the options name, and ends its connections afterwards. */
export async function withCluster<Result>(
  options: ClusterOptions,
  { environment, clock }: Session,
  use: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const cluster = await createCluster({
    kubeconfig: findKubeconfig(options, environment),
    ...(options.context === undefined ? {} : { context: options.context }),
    userAgent: `tagalong/${productVersion}`,
    clock,
    log: silentLog,
  });
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

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
