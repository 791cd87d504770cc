import { ClusterError } from '../../cluster/index.ts';
import type { Cluster } from '../../core/index.ts';
import { type ControllerGroup, controllerGroups } from '../../lease/index.ts';
import { describeRight, findMissingRights, requiredRights } from '../../rights/index.ts';
import { CliError } from '../error.ts';
import type { Installation } from './check-installation.ts';
import { bad, type Finding, good, warning } from './finding.ts';

export interface RightsOrder {
  readonly as?: string;
  readonly controllers?: readonly ControllerGroup[];
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** What each account lacks for the parts that it runs, one by one. */
export async function checkRights(cluster: Cluster, { deployments }: Installation, order: RightsOrder): Promise<Finding[]> {
  const asked =
    order.as === undefined ? [] : [{ account: parseAccount(order.as), controllers: order.controllers ?? controllerGroups }];
  const found = deployments.flatMap(({ namespace, account, controllers }) =>
    controllers === null ? [] : [{ account: `${namespace}:${account}`, controllers: order.controllers ?? controllers }],
  );
  const accounts = asked.length > 0 ? asked : found;
  if (accounts.length === 0)
    return checkOne(cluster, 'the user of this kubeconfig', order.controllers ?? controllerGroups, order);
  const findings = accounts.map(({ account, controllers }) =>
    checkOne(cluster.impersonate(`system:serviceaccount:${account}`), account.replace(':', '/'), controllers, order),
  );
  return (await Promise.all(findings)).flat();
}

async function checkOne(
  cluster: Cluster,
  who: string,
  controllers: readonly ControllerGroup[],
  { namespace, signal }: RightsOrder,
): Promise<Finding[]> {
  const wanted = requiredRights({ controllers, leaseNamespace: namespace });
  try {
    const missing = await findMissingRights(cluster, wanted, { signal });
    if (missing.length === 0) return [good(`${who} has all ${wanted.length} rights for ${controllers.join(', ')}`)];
    return missing.map((right) => bad(`${who} may not ${describeRight(right)} (${right.because})`));
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code !== 'FORBIDDEN') throw error;
    return [warning(`the rights of ${who} cannot be looked at: ${error.message}`)];
  }
}

function parseAccount(text: string): string {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (namespace === '' || name === '' || more.length > 0)
    throw new CliError('USAGE', `--as ${text}: expected NAMESPACE/NAME of a ServiceAccount`);
  return `${namespace}:${name}`;
}
