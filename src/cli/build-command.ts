import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

interface BuildOptions {
  readonly path: string;
  readonly kustomizationFile?: string;
}

/** `build kustomization`: what a folder would become, before it is committed. */
export function addBuildCommand(program: Command, session: Session): void {
  const build = program.command('build').description('print what a local folder would become');
  const command = build
    .command('kustomization')
    .alias('ks')
    .argument('<name>', 'name of the Kustomization')
    .requiredOption('--path <folder>', 'the local folder that its spec.path means')
    .option('--kustomization-file <file>', 'take the Kustomization from this file, not from the cluster')
    .description('print the objects that a Kustomization would apply from a local folder');
  addExamples(command, [
    'build kustomization apps --path ./clusters/prod/apps',
    'build ks apps --path ./apps --kustomization-file ./clusters/prod/apps.yaml',
  ]);
  addClusterOptions(command).action(async (name: string, options: BuildOptions) => {
    const { printBuild } = await import('./print-build.ts');
    await printBuild({ name, ...options }, clusterOptionsOf(command, session.environment), session);
  });
}
