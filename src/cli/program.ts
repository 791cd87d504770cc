import { Command, CommanderError } from 'commander';
import { errorMessage, systemClock, TagalongError } from '../core/index.ts';
import { addBuildCommand } from './build-command.ts';
import { addCheckCommand } from './check-command.ts';
import { cleanText } from './clean-text.ts';
import { addClusterOptions, addHiddenClusterOptions } from './cluster-options.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addConfirmCommand } from './confirm-command.ts';
import { addDiffCommand } from './diff-command.ts';
import { CliError } from './error.ts';
import { addEventsCommand } from './events-command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { addExplainCommand } from './explain-command.ts';
import { addExportCommand } from './export-command.ts';
import { addGetCommand } from './get-command.ts';
import { addExitCodes, addKnownWords } from './help.ts';
import { addHistoryCommand } from './history-command.ts';
import { addHoldCommand, addUnholdCommand } from './hold-command.ts';
import { addLandCommand } from './land-command.ts';
import { addLintCommand } from './lint-command.ts';
import { addLogsCommand } from './logs-command.ts';
import { addMarkCommand } from './mark-command.ts';
import { addMigrateCommand } from './migrate-command.ts';
import { addPauseCommand, addUnpauseCommand } from './pause-command.ts';
import { addPlanCommand } from './plan-command.ts';
import { addReconcileCommand } from './reconcile-command.ts';
import { addReleaseCommand } from './release-command.ts';
import { addRollbackCommand } from './rollback-command.ts';
import type { Session } from './session.ts';
import { addResumeCommand, addSuspendCommand } from './suspend-command.ts';
import { createTerminal, type Output } from './terminal.ts';
import { addTraceCommand } from './trace-command.ts';
import { addTreeCommand } from './tree-command.ts';
import { addUpdateCommand } from './update-command.ts';
import { addWatchCommand } from './watch-command.ts';

/** The part of `process` that the program lives in. */
export interface ProgramHost {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** Runs the command line of `host` to its end and tells what to exit with. Never throws. */
export async function runProgram(host: ProgramHost): Promise<ExitCode> {
  const interrupted = new AbortController();
  const session: Session = {
    terminal: createTerminal(host.stdout, host.stderr, host.env),
    environment: host.env,
    clock: systemClock,
    signal: interrupted.signal,
    exitCode: exitCode.ok,
  };
  const args = host.argv.slice(2);
  endQuietlyOnClosedPipe(host);
  try {
    if (isVersionAsked(args)) await printVersion(session);
    else await (await createProgram(session, args, () => abortOnSignal(host, interrupted))).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    return reportFailure(error, session, args.includes('--verbose'));
  }
}

/** Whoever read our answer (`head`, a closed pager) has seen enough; that is no failure. */
function endQuietlyOnClosedPipe({ stdout }: ProgramHost): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.ok);
    throw error;
  });
}

/** Only for our own commands: `run` and `demo` end by the signal in their own way. A second signal ends the process at once. */
function abortOnSignal(host: ProgramHost, interrupted: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    host.once(name, () => interrupted.abort(new CliError('FAILED', `ended by ${name}`)));
}

function isVersionAsked([first, ...rest]: readonly string[]): boolean {
  return rest.length === 0 && (first === '--version' || first === '-V');
}

async function printVersion({ terminal }: Session): Promise<void> {
  const { productVersion } = await import('../api/index.ts');
  terminal.answer(productVersion);
}

async function createProgram(session: Session, args: readonly string[], beforeCommand: () => void): Promise<Command> {
  const { terminal } = session;
  const program = new Command('tagalong')
    .description('scans registries, picks tags by policy, commits them to git, rolls them out, and keeps a git revert reverted')
    .option('-V, --version', 'print the version')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.answer(cleanText(text).trimEnd()),
      writeErr: (text) => terminal.note(cleanText(text).trimEnd()),
      outputError: (text, write) =>
        write(
          `${terminal.notePaint.bad('✗')} ${cleanText(text)
            .replace(/^error: /, '')
            .trimEnd()}`,
        ),
    });
  addClusterOptions(program);
  addExitCodes(program);
  await addLongRunning(program, args);
  const before = new Set(program.commands);
  for (const add of ownCommands) add(program, session);
  addHiddenClusterOptions(program);
  addKnownWords(program);
  for (const command of program.commands) if (!before.has(command)) command.hook('preAction', beforeCommand);
  return program;
}

const ownCommands = [
  addGetCommand,
  addWatchCommand,
  addEventsCommand,
  addTreeCommand,
  addTraceCommand,
  addLogsCommand,
  addCheckCommand,
  addExplainCommand,
  addBuildCommand,
  addDiffCommand,
  addUpdateCommand,
  addMarkCommand,
  addLintCommand,
  addPlanCommand,
  addReconcileCommand,
  addSuspendCommand,
  addResumeCommand,
  addPauseCommand,
  addUnpauseCommand,
  addExportCommand,
  addRollbackCommand,
  addReleaseCommand,
  addHoldCommand,
  addUnholdCommand,
  addLandCommand,
  addHistoryCommand,
  addConfirmCommand,
  addMigrateCommand,
  addCompletionCommand,
];

/** What brings the whole bot along is loaded only when it is asked for; else its name stands in the list. */
async function addLongRunning(program: Command, args: readonly string[]): Promise<void> {
  for (const { name, description, load } of longRunning) {
    const command = args.includes(name) ? await load() : new Command(name).description(description);
    program.addCommand(command.copyInheritedSettings(program));
  }
}

const longRunning = [
  {
    name: 'run',
    description: 'run the bot: scan, pick, commit, apply, keep',
    load: async () => (await import('./run.ts')).createRunCommand(),
  },
  {
    name: 'demo',
    description: 'play the whole loop in seven scenes, on an embedded control plane, registry and git host',
    load: async () => (await import('./demo.ts')).createDemoCommand(),
  },
];

function reportFailure(error: unknown, { terminal }: Session, verbose: boolean): ExitCode {
  // Commander has said what it had to say.
  if (error instanceof CommanderError) return helpCodes.has(error.code) ? exitCode.ok : exitCode.usage;
  terminal.note(`${terminal.notePaint.bad('✗')} ${cleanText(errorMessage(error))}`);
  if (verbose && error instanceof Error) terminal.note(cleanText(describeOrigin(error)));
  if (!(error instanceof TagalongError) && !verbose) terminal.note('run again with --verbose to see where this comes from');
  return error instanceof TagalongError && usageErrors.has(error.code) ? exitCode.usage : exitCode.failed;
}

const helpCodes = new Set(['commander.helpDisplayed', 'commander.version']);
const usageErrors = new Set(['USAGE', 'KUBECONFIG_INVALID', 'NO_CLUSTER', 'UNREADABLE_FOLDER']);

function describeOrigin(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describeOrigin(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
