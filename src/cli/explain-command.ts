import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import type { ExplainMarkerOptions } from './explain-marker.ts';
import type { ExplainOptions } from './explain-policy.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `explain policy`: which tag a policy picks, and which rule dropped each other one. */
export function addExplainCommand(program: Command, session: Session): void {
  const explain = program.command('explain').description('say why');
  addMarkerCommand(explain, session);
  const command = explain
    .command('policy')
    .description('say which tag a policy picks, and which rule dropped each other one')
    .argument('[name]', 'name of the ImagePolicy; with --file only needed if the file has several')
    .option('-f, --file <file>', 'the policy of this file, not of a cluster; - is standard input')
    .option('--tags-file <file>', 'these tags, not those of the registry: one a line, or a JSON array')
    .option('--all', 'every tag, not only the first of each rule')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json', 'yaml']));
  addExamples(command, [
    'explain policy web',
    'explain policy web -n apps --all',
    'explain policy -f policies/web.yaml --tags-file tags.txt -o json',
  ]);
  command.addHelpText(
    'after',
    '\n-o json prints {"selected": tag or null, "tags": [{"tag", "selected", "stage", "reason"}], "hints": [text]}.',
  );
  addClusterOptions(command).action(async (name: string | undefined, options: ExplainOptions) => {
    if (options.file !== undefined && options.tagsFile === undefined) throw new CliError('USAGE', '--file needs --tags-file');
    if (options.file === undefined && name === undefined)
      throw new CliError('USAGE', 'name an ImagePolicy, or give --file and --tags-file');
    if (options.file === '-' && options.tagsFile === '-')
      throw new CliError('USAGE', 'only one of --file and --tags-file can be standard input');
    const { explainPolicy } = await import('./explain-policy.ts');
    await explainPolicy(name, options, clusterOptionsOf(command, session.environment), session);
  });
}

/** `explain marker`: what becomes of a marker, by the policies of a folder. */
function addMarkerCommand(explain: Command, session: Session): void {
  const command = explain
    .command('marker')
    .description('say which policy a marker names, what that picked, who writes it, and why nothing happens')
    .argument('<file[:line]>', 'a file with markers, and the line of one')
    .option('--policies <dir>', 'folder with the policies and automations, with their status; without it those of the cluster')
    .option('--path <dir>', 'root of the repository, from which paths of automations count (default: the work tree of the file)')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json']));
  addExamples(command, ['explain marker apps/web.yaml:19', 'explain marker apps/web.yaml:19 --policies policies/']);
  addClusterOptions(command).action(async (place: string, options: ExplainMarkerOptions) => {
    const { explainMarker } = await import('./explain-marker.ts');
    await explainMarker(place, options, clusterOptionsOf(command, session.environment), session);
  });
}
