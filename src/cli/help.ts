import type { Command } from 'commander';
import { exitCodeHelp } from './exit-code.ts';

/** Adds examples below a command's help; each is written without the program's name. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  tagalong ${example}`).join('\n')}`);
}

/** Adds the exit codes below the help of every command. */
export function addExitCodes(program: Command): Command {
  return program.addHelpText('afterAll', exitCodeHelp);
}
