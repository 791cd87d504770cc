import type { Command } from 'commander';
import { errorMessage } from '../core/index.ts';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { exitCode } from './exit-code.ts';
import { addExamples } from './help.ts';
import { addLocalBuildOptions, type LocalBuildOptions } from './local-build-options.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

/** `diff kustomization`: what a local folder would change in the cluster. */
export function addDiffCommand(program: Command, session: Session): void {
  const diff = program.command('diff').description('show what a local folder would change in the cluster');
  const command = diff
    .command('kustomization')
    .alias('ks')
    .argument('<name>', 'name of the Kustomization')
    .description('show what a Kustomization would change, by dry runs of the server: exit code 1 on a difference, 2 on an error');
  addLocalBuildOptions(command);
  addExamples(command, ['diff kustomization apps --path ./clusters/prod/apps', 'diff ks apps -n team --path ./apps']);
  addClusterOptions(command).action(async (name: string, options: LocalBuildOptions) => {
    const { diffKustomization } = await import('./diff-kustomization.ts');
    try {
      const hasChanges = await diffKustomization({ name, ...options }, clusterOptionsOf(command, session.environment), session);
      if (!hasChanges) return;
      createProgress(session.terminal).warning('identified at least one change, exiting with non-zero exit code');
      session.exitCode = exitCode.failed;
    } catch (error) {
      // As with diff(1): 1 is a difference, so a failure has to be another number.
      createProgress(session.terminal).failure(errorMessage(error));
      session.exitCode = exitCode.usage;
    }
  });
}
