import { type Command, Option } from 'commander';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import { addRequestOptions } from './pull-request/request-options.ts';
import type { Session } from './session.ts';
import type { UpdateOptions } from './update-folder.ts';

/** `update`: one shot on files, for CI. */
export function addUpdateCommand(program: Command, session: Session): void {
  const command = program
    .command('update')
    .description('write what the policies pick at the markers of a local folder, once, or bring it as a pull request')
    .requiredOption(
      '--policies <dir>',
      'folder with ImageRepository, ImagePolicy and, if wanted, ImageUpdateAutomation and Secret files',
    )
    .requiredOption('--path <dir>', 'folder whose files to update; spec.update.path of an automation is below it')
    .option('--offline', 'do not ask registries: use the status.latestRef that the policies’ files carry')
    .option('--dry-run', 'print a diff and write nothing')
    .option('--ignore-holds', 'write also versions that somebody took back in git (git revert)')
    .option('-n, --namespace <name>', 'namespace of objects that name none (default: default, as in `run --policies`)')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json', 'yaml']));
  addRequestOptions(command, 'tagalong/update');
  addExamples(command, [
    'update --policies policies/ --path .',
    'update --policies policies/ --path . --dry-run | git apply',
    'update --policies policies/ --path deploy/ --offline -o json',
    'update --policies policies/ --path . --pull-request --token-file token',
  ]);
  command.action(async (options: UpdateOptions) => {
    if (options.dryRun === true && options.pullRequest === true)
      throw new CliError('USAGE', '--dry-run and --pull-request exclude each other');
    const { updateFolder } = await import('./update-folder.ts');
    await updateFolder(options, session);
  });
}
