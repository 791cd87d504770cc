import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf, parseDuration } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { PauseOrder } from './pause-objects.ts';
import type { Session } from './session.ts';

/** `pause`: no commits or applies for a while. */
export function addPauseCommand(program: Command, session: Session): void {
  const command = program
    .command('pause')
    .description('let nothing be committed or applied for a while; it goes on by itself')
    .addOption(new Option('--for <duration>', 'how long').argParser(parseDuration).default(3_600_000, '1h'))
    .option('--reason <text>', 'why; shown wherever the pause is', '');
  addExamples(command, [
    'pause apps --for 1h --reason "incident 4711"',
    'pause --all --commits --for 48h --reason "release freeze"',
    'unpause --all',
  ]);
  definePause(command, session, async ({ for: forMs = 3_600_000, reason = '' }, order, target) => {
    const { pauseObjects } = await import('./pause-objects.ts');
    await pauseObjects({ ...order, forMs, reason }, target, session);
  });
}

/** `unpause`: go on now. */
export function addUnpauseCommand(program: Command, session: Session): void {
  const command = program.command('unpause').description('end a pause now');
  addExamples(command, ['unpause apps', 'unpause --all --commits -A']);
  definePause(command, session, async (_options, order, target) => {
    const { unpauseObjects } = await import('./pause-objects.ts');
    await unpauseObjects(order, target, session);
  });
}

interface PauseOptions {
  readonly for?: number;
  readonly reason?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  readonly commits?: boolean;
  readonly applies?: boolean;
}

function definePause(
  command: Command,
  session: Session,
  run: (options: PauseOptions, order: PauseOrder, target: ReturnType<typeof clusterOptionsOf>) => Promise<void>,
): void {
  command
    .argument('[names...]', 'names of ImageUpdateAutomations and Kustomizations')
    .option('--all', 'each of the namespace')
    .option('-A, --all-namespaces', 'with --all, each there is')
    .option('--commits', 'only ImageUpdateAutomations: no commits')
    .option('--applies', 'only Kustomizations: no applies, no prune, no drift correction');
  addClusterOptions(command).action(async (names: readonly string[], options: PauseOptions) => {
    const { all = false, allNamespaces = false, commits = false, applies = false } = options;
    if (all === names.length > 0) throw new CliError('USAGE', all ? 'give names or --all, not both' : 'give names, or --all');
    const both = commits === applies;
    const order = { names, all, allNamespaces, commits: both || commits, applies: both || applies };
    await run(options, order, clusterOptionsOf(command, session.environment));
  });
}
