import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { outputOption } from './get-command.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { TreeOptions } from './show-tree.ts';

/** `tree`: what an object applied, and what that applied. */
export function addTreeCommand(program: Command, session: Session): void {
  const tree = program.command('tree').description('show what was applied, and what that applied');
  const command = tree
    .command('kustomization')
    .alias('ks')
    .argument('<name>', 'name of the Kustomization')
    .option('--compact', 'only Kustomizations, releases and sources')
    .addOption(outputOption())
    .description('show the objects of a Kustomization as a tree');
  addExamples(command, ['tree kustomization apps', 'tree ks cluster --compact', 'tree ks apps -o json']);
  addClusterOptions(command).action(async (name: string, options: TreeOptions) => {
    const { showTree } = await import('./show-tree.ts');
    await showTree(name, options, clusterOptionsOf(command, session.environment), session);
  });
}
