import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf, parseDuration } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `watch`: the loop as it happens. */
export function addWatchCommand(program: Command, session: Session): void {
  const command = program
    .command('watch')
    .description('show each hop of each bump as it happens: tag, pick, commit, revision, apply, health, holds, drift, failures')
    .option('-A, --all-namespaces', 'of all namespaces')
    .addOption(new Option('--for <duration>', 'end by itself after this time (default: at Ctrl-C)').argParser(parseDuration));
  addExamples(command, ['watch', 'watch -A --for 10m', 'watch -n apps | tee loop.log']);
  addClusterOptions(command).action(async (options: { allNamespaces?: boolean; for?: number }) => {
    const { watchLoop } = await import('./watch-loop.ts');
    const { allNamespaces = false, for: forMs } = options;
    const order = { allNamespaces, ...(forMs === undefined ? {} : { forMs }) };
    await watchLoop(order, clusterOptionsOf(command, session.environment), session);
  });
}
