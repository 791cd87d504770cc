import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import { addKindCommands, type KindWords, typed } from './kind-words.ts';
import type { Session } from './session.ts';

/** `export`: objects as one would commit them. */
export function addExportCommand(program: Command, session: Session): void {
  const command = program
    .command('export')
    .description('print objects as YAML to commit: without status and what the server adds');
  addExamples(command, [
    'export kustomization apps',
    'export source git --all > sources.yaml',
    'export image policy web -n apps',
  ]);
  addKindCommands(command, (kindCommand, words) => defineExport(kindCommand, words, session));
}

interface ExportOptions {
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
}

function defineExport(command: Command, words: KindWords, session: Session): void {
  const { kind } = words;
  command
    .argument('[name]', `name of the ${kind}`)
    .option('--all', `each ${kind} of the namespace`)
    .option('-A, --all-namespaces', `with --all, each ${kind} there is`)
    .description(`export one ${kind}, or all`);
  addExamples(command, [`export ${typed(words)} web`, `export ${typed(words)} --all -n apps`]);
  addClusterOptions(command).action(async (name: string | undefined, { all = false, allNamespaces = false }: ExportOptions) => {
    if (all === (name !== undefined))
      throw new CliError('USAGE', all ? 'give a name or --all, not both' : `name a ${kind}, or give --all`);
    const { exportObjects } = await import('./export-objects.ts');
    await exportObjects(
      { kind, allNamespaces, ...(name === undefined ? {} : { name }) },
      clusterOptionsOf(command, session.environment),
      session,
    );
  });
}
