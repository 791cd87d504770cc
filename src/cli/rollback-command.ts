import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

interface RollbackOptions {
  readonly to?: string;
  readonly path?: string;
  readonly reason?: string;
}

/** `rollback`: has the bot commit the version before, which is a hold. */
export function addRollbackCommand(program: Command, session: Session): void {
  const command = program
    .command('rollback')
    .description('go back to the version before, by a commit of the bot, and hold what was left')
    .argument('<policy>', 'name of the ImagePolicy')
    .option('--to <tag>', 'go back to this tag, not to the one before')
    .option('--path <path>', 'only in this folder or file of the repository')
    .option('--reason <text>', 'why; it stands in the commit');
  addExamples(command, [
    'rollback web',
    'rollback web --to 1.4.2',
    'rollback web --path clusters/production --reason "errors at checkout"',
  ]);
  addClusterOptions(command).action(async (policy: string, options: RollbackOptions) => {
    const { requestRollback } = await import('./request-rollback.ts');
    await requestRollback({ policy, ...options }, clusterOptionsOf(command, session.environment), session);
  });
}
