import { type Command, InvalidArgumentError, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf, parseDuration } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { LogsOrder } from './show-logs.ts';

/** `logs`: what the bot logged, in lines for people. */
export function addLogsCommand(program: Command, session: Session): void {
  const command = program
    .command('logs')
    .description('show the log of the bot: of its pods, or of a file that `run --log-file` writes')
    .option('--file <path>', 'read this file instead of pods; - is standard input')
    .option('-f, --follow', 'go on with what is logged, until Ctrl-C')
    .addOption(new Option('--tail <lines>', 'only the last so many lines').argParser(parseCount))
    .addOption(new Option('--since <duration>', 'only what is younger').argParser(parseDuration))
    .addOption(new Option('--level <level>', 'only lines of this level').choices(['debug', 'info', 'warn', 'error']))
    .option('--kind <kind>', 'only about objects of this kind')
    .option('--name <name>', 'only about objects of this name')
    .option('--flux-namespace <name>', 'namespace of the bot (default: $FLUX_SYSTEM_NAMESPACE, or flux-system)')
    .option('-A, --all-namespaces', 'about objects of all namespaces (default; -n restricts it)');
  addExamples(command, [
    'logs',
    'logs --level error --since 1h',
    'logs --kind Kustomization --name apps -f',
    'logs --file /var/log/tagalong.log',
  ]);
  addClusterOptions(command).action(async (options: LogsOrder) => {
    const { showLogs } = await import('./show-logs.ts');
    await showLogs(options, clusterOptionsOf(command, session.environment), session);
  });
}

function parseCount(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('Give a number of lines.');
  return Number(text);
}
