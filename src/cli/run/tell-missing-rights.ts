import { type Cluster, errorMessage, type Log } from '../../core/index.ts';
import { describeRight, findMissingRights, requiredRights } from '../../rights/index.ts';
import type { RunOptions } from './run-options.ts';

/** Names each right that is missing, in one go: a run would stumble over them one after the other. */
export async function tellMissingRights(
  { controllers, watchNamespace }: RunOptions,
  cluster: Cluster,
  leaseNamespace: string | null,
  log: Log,
): Promise<void> {
  const wanted = requiredRights({ controllers, ...(leaseNamespace === null ? {} : { leaseNamespace }) });
  try {
    const options = watchNamespace === undefined ? {} : { namespace: watchNamespace };
    for (const right of await findMissingRights(cluster, wanted, options))
      log.error('a right is missing; see deploy/ for the roles', { right: describeRight(right), for: right.because });
  } catch (error) {
    log.warn('rights could not be checked', { error: errorMessage(error) });
  }
}
