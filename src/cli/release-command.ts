import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `release`: lets a version land that a revert keeps out. */
export function addReleaseCommand(program: Command, session: Session): void {
  const command = program
    .command('release')
    .description('let a version land that a revert keeps out, and wait for the commit')
    .argument('<policy>', 'name of the ImagePolicy')
    .option('--commit <id>', 'only what this commit reverted')
    .option('--except <path...>', 'not in these folders or files of the repository: there it stays held');
  addExamples(command, ['release web', 'release web -n apps --commit 1a2b3c4', 'release web --except clusters/production']);
  addClusterOptions(command).action(async (policy: string, { commit, except }: { commit?: string; except?: string[] }) => {
    if (commit !== undefined && !/^[0-9a-f]{7,64}$/.test(commit))
      throw new CliError('USAGE', `--commit ${JSON.stringify(commit)}: expected seven hexadecimal digits or more`);
    const { releasePolicy } = await import('./release-policy.ts');
    const order = { policy, ...(commit === undefined ? {} : { commit }), ...(except === undefined ? {} : { except }) };
    await releasePolicy(order, clusterOptionsOf(command, session.environment), session);
  });
}
