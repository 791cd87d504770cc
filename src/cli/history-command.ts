import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { outputOption } from './get-command.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { HistoryOptions } from './show-history.ts';

/** `history`: a line for each bump of an image. */
export function addHistoryCommand(program: Command, session: Session): void {
  const command = program
    .command('history')
    .description('show each bump of an image: when, what, who, the commit, how long it took and how it ended')
    .argument('<image>', 'name of the image, whole or its last part, or of an ImagePolicy')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--no-header', 'without the header')
    .addOption(outputOption());
  addExamples(command, ['history web', 'history registry.example.com/shop/web -A', 'history web -o json']);
  addClusterOptions(command).action(async (image: string, options: HistoryOptions) => {
    const { showHistory } = await import('./show-history.ts');
    await showHistory(image, options, clusterOptionsOf(command, session.environment), session);
  });
}
