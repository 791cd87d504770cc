import { type Command, Option } from 'commander';
import { completionScripts, type Shell } from './completion-script.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `completion`: a script for the shell; and what that script asks. */
export function addCompletionCommand(program: Command, session: Session): void {
  const command = program
    .command('completion')
    .description('print a script that completes commands, options and names in your shell');
  addExamples(command, [
    'completion bash > /etc/bash_completion.d/tagalong',
    'completion zsh > ~/.zfunc/_tagalong',
    'completion fish > ~/.config/fish/completions/tagalong.fish',
  ]);
  for (const shell of Object.keys(completionScripts) as Shell[])
    command
      .command(shell)
      .description(`for ${shell}`)
      .action(() => session.terminal.answer(completionScripts[shell]));
  const ask = program
    .command('__complete [words...]', { hidden: true })
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false);
  ask.addOption(new Option('--end').hideHelp()).action(async (words: readonly string[]) => {
    const { completeWords } = await import('./complete-words.ts');
    for (const candidate of await completeWords(program, words, session)) session.terminal.answer(candidate);
  });
}
