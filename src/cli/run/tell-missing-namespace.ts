import { type Cluster, errorMessage, type Log } from '../../core/index.ts';
import type { RunOptions } from './run-options.ts';

/** Says that the namespace of `--watch-namespace` is not there: it may still come, and a mistyped one would be watched in silence. */
export async function tellMissingNamespace({ watchNamespace }: RunOptions, cluster: Cluster, log: Log): Promise<void> {
  if (watchNamespace === undefined) return;
  try {
    const found = await cluster.get({ group: '', version: 'v1', kind: 'Namespace', name: watchNamespace });
    if (found === null)
      log.warn('the namespace that is watched is not there; its objects are served once it is', { namespace: watchNamespace });
  } catch (error) {
    log.debug('the namespace that is watched could not be looked at', { namespace: watchNamespace, error: errorMessage(error) });
  }
}
