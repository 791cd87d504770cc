import { type Cluster, errorMessage, type Log, systemClock } from '../../core/index.ts';
import { createPoliciesSync, describeProblems, watchFolder } from '../../policies/index.ts';

/** Keeps the resources of a folder in the embedded API, until the stack is disposed of. */
export async function followPolicies(
  folder: string,
  home: Cluster,
  store: Parameters<typeof createPoliciesSync>[0]['store'],
  log: Log,
  stack: AsyncDisposableStack,
): Promise<void> {
  const policies = createPoliciesSync({ folder, cluster: home, store, log });
  let running: Promise<void> = Promise.resolve();
  const sync = () => {
    running = running
      .then(() => policies.sync())
      .then(
        ({ problems }) =>
          void (problems.length > 0 && log.error('policies have problems', { folder, problems: describeProblems(problems) })),
        (error: unknown) => log.error('policies could not be read', { folder, error: errorMessage(error) }),
      );
    return running;
  };
  await sync();
  const stopping = new AbortController();
  const watching = watchFolder(folder, systemClock, () => void sync(), stopping.signal).catch((error: unknown) => {
    log.error('policies cannot be watched; changes need a restart', { folder, error: errorMessage(error) });
  });
  stack.defer(async () => {
    stopping.abort();
    await Promise.all([watching, running]);
  });
}
