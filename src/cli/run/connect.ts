import { customResourceDefinitions, servedKinds } from '../../api/index.ts';
import { createCluster, type KubeconfigSource, type OnRequest, routeByGroup } from '../../cluster/index.ts';
import { type Cluster, type Log, systemClock } from '../../core/index.ts';
import type { RunOptions } from './run-options.ts';

const userAgent = 'tagalong';

interface Tools {
  readonly log: Log;
  /** Told of each request to either cluster. */
  readonly onRequest: OnRequest;
}

/** Where the resources live and where they are applied. */
export async function connect(
  options: RunOptions,
  stateFolder: string,
  { log, onRequest }: Tools,
  stack: AsyncDisposableStack,
): Promise<{ home: Cluster; target: Cluster }> {
  const open = async (kubeconfig: KubeconfigSource, context?: string) => {
    const cluster = await createCluster({
      kubeconfig,
      userAgent,
      ...{ log, onRequest, clock: systemClock },
      ...(context === undefined ? {} : { context }),
    });
    stack.defer(() => cluster.close());
    return cluster;
  };
  const given = options.kubeconfig === undefined ? null : await open({ path: options.kubeconfig }, options.context);
  if (options.policies === undefined) {
    const home = given ?? (await open('in-cluster'));
    return { home, target: home };
  }
  const home = await open({ yaml: await startEmbedded(stateFolder, given === null, log, stack) });
  const groups = new Set(servedKinds.map(({ group }) => group));
  return { home, target: given === null ? home : routeByGroup(home, given, (group) => groups.has(group)) };
}

async function startEmbedded(stateFolder: string, simulate: boolean, log: Log, stack: AsyncDisposableStack): Promise<string> {
  const { startControlPlane } = await import('../../control-plane/index.ts');
  const controlPlane = await startControlPlane({
    ...{ stateFolder, log, clock: systemClock, customResourceDefinitions: customResourceDefinitions() },
    ...(simulate ? { simulateWorkloads: { canPull: () => true } } : {}),
  });
  stack.defer(() => controlPlane.stop());
  log.info('embedded control plane', { kubeconfig: controlPlane.kubeconfigPath });
  return controlPlane.kubeconfigYaml;
}
