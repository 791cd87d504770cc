import { type Command, Option } from 'commander';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { MarkOptions } from './mark/mark.ts';
import { addRequestOptions } from './pull-request/request-options.ts';
import type { Session } from './session.ts';

/** `mark`: finds images in a folder of manifests and proposes their markers. */
export function addMarkCommand(program: Command, session: Session): void {
  const command = program
    .command('mark')
    .description('find every image of a folder, and propose the markers that hand it to a policy')
    .argument('[path]', 'folder of manifests', '.')
    .option('--write', 'write the markers; without it a diff is printed')
    .option('--policies <dir>', 'ImageRepository and ImagePolicy files of another folder, beside those in the path')
    .option('--create-policies [dir]', 'also the missing ImageRepository and ImagePolicy resources, into this folder of the path')
    .option(
      '--policy <place=policy>',
      'the policy of an image, folder, file or file:line, where several could be: PLACE=[NAMESPACE:]NAME; repeatable',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .option('-n, --namespace <name>', 'namespace of new policies (default: that of the automation, else flux-system)')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json']));
  addRequestOptions(command, 'tagalong/mark');
  addExamples(command, [
    'mark',
    'mark clusters/ --create-policies --write',
    'mark --policy apps/production=apps:web-production --policy apps/staging=apps:web-staging | git apply',
    'mark --create-policies --pull-request --token-file token',
  ]);
  command.action(async (path: string, options: MarkOptions) => {
    if (options.write === true && options.pullRequest === true)
      throw new CliError('USAGE', '--write and --pull-request exclude each other');
    const { mark } = await import('./mark/mark.ts');
    await mark(path, options, session);
  });
}
