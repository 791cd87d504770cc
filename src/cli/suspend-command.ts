import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import { addKindCommands, type KindWords, switchedKinds, typed } from './kind-words.ts';
import type { Session } from './session.ts';

/** `suspend`: nothing happens to an object until it is resumed. */
export function addSuspendCommand(program: Command, session: Session): void {
  const suspend = program.command('suspend').description('stop what happens to an object, until it is resumed');
  addExamples(suspend, ['suspend kustomization apps', 'suspend image update --all -n apps']);
  addKindCommands(suspend, (command, words) => defineSwitch(command, words, session, 'suspend'), switchedKinds);
}

/** `resume`: the object is reconciled again, at once. */
export function addResumeCommand(program: Command, session: Session): void {
  const resume = program.command('resume').description('go on with a suspended object, and wait for its next run');
  addExamples(resume, ['resume kustomization apps', 'resume source git --all']);
  const define = (command: Command, words: KindWords) => {
    command.option('--no-wait', 'do not wait for the next run');
    defineSwitch(command, words, session, 'resume');
  };
  addKindCommands(resume, define, switchedKinds);
}

interface SwitchOptions {
  readonly all?: boolean;
  readonly wait?: boolean;
}

function defineSwitch(command: Command, words: KindWords, session: Session, verb: 'suspend' | 'resume'): void {
  const { kind } = words;
  command
    .argument('[names...]', `names of each ${kind}`)
    .option('--all', `each ${kind} of the namespace`)
    .description(`${verb} one ${kind} or more`);
  addExamples(command, [`${verb} ${typed(words)} web`, `${verb} ${typed(words)} --all -n apps`]);
  addClusterOptions(command).action(async (names: readonly string[], { all = false, wait = true }: SwitchOptions) => {
    if (all === names.length > 0)
      throw new CliError('USAGE', all ? 'give names or --all, not both' : `name a ${kind}, or give --all`);
    const { resumeObjects, suspendObjects } = await import('./suspend-objects.ts');
    const target = clusterOptionsOf(command, session.environment);
    if (verb === 'suspend') await suspendObjects({ kind, names, all }, target, session);
    else await resumeObjects({ kind, names, all, wait }, target, session);
  });
}
