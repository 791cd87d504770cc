import { type Cluster, errorMessage } from '../core/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { exitCode } from './exit-code.ts';
import { withCluster } from './open-cluster.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

/** The contexts that `--context a,b` names; one, which may be the current one, where there is no comma. */
export function contextsOf({ context }: ClusterOptions): readonly (string | undefined)[] {
  if (context === undefined || !context.includes(',')) return [context];
  return [...new Set(context.split(',').map((name) => name.trim()))].filter((name) => name !== '');
}

/** Runs `use` with the cluster of each context at the same time. Of several, one that fails is told, and does not stop the others. */
export async function withContexts<Result>(
  options: ClusterOptions,
  session: Session,
  use: (cluster: Cluster, context: string) => Promise<Result>,
): Promise<Result[]> {
  const contexts = contextsOf(options);
  const results = contexts.map(async (context): Promise<Result[]> => {
    const where = context === undefined ? options : { ...options, context };
    const asked = withCluster(where, session, (cluster) => use(cluster, context ?? ''));
    if (contexts.length === 1) return [await asked];
    return asked.then(
      (result) => [result],
      (error: unknown) => {
        createProgress(session.terminal).failure(`context ${context}: ${errorMessage(error)}`);
        session.exitCode = exitCode.failed;
        return [];
      },
    );
  });
  return (await Promise.all(results)).flat();
}
