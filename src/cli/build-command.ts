import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import { addLocalBuildOptions, type LocalBuildOptions } from './local-build-options.ts';
import type { Session } from './session.ts';

interface BuildOptions extends LocalBuildOptions {
  readonly dryRun?: boolean;
}

/** `build kustomization`: what a folder would become, before it is committed. */
export function addBuildCommand(program: Command, session: Session): void {
  const build = program.command('build').description('print what a local folder would become');
  const command = build
    .command('kustomization')
    .alias('ks')
    .argument('<name>', 'name of the Kustomization')
    .option('--dry-run', 'ask nothing of a cluster: variables of ConfigMaps and Secrets are missing')
    .description('print the objects that a Kustomization would apply from a local folder');
  addLocalBuildOptions(command);
  addExamples(command, [
    'build kustomization apps --path ./clusters/prod/apps',
    'build ks apps --path ./apps --kustomization-file ./clusters/prod/apps.yaml --dry-run',
    'build ks flux-system --path ./clusters/prod --recursive --local-sources GitRepository/flux-system/flux-system=.',
  ]);
  addClusterOptions(command).action(async (name: string, options: BuildOptions) => {
    const { printBuild } = await import('./print-build.ts');
    await printBuild({ name, ...options }, clusterOptionsOf(command, session.environment), session);
  });
}
