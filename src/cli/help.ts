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

/** An unknown word behind `get`, `reconcile` and their like is answered with the words that are known there, at every depth. */
export function addKnownWords(command: Command): void {
  if (command.commands.length === 0) return;
  const { outputError = (text: string, write: (text: string) => void) => write(text) } = command.configureOutput();
  const words = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name());
  const known =
    command.parent === null ? 'see `tagalong --help`' : `these are known: ${words.filter((word) => word !== 'help').join(', ')}`;
  command.configureOutput({
    outputError: (text, write) =>
      outputError(text.startsWith('error: unknown command') ? `${text.trimEnd()}\n${known}\n` : text, write),
  });
  for (const child of command.commands) addKnownWords(child);
}
