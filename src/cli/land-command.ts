import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `land`: past the gates, with a reason. */
export function addLandCommand(program: Command, session: Session): void {
  const command = program
    .command('land')
    .description('let what a policy picked land now, past its guards, and wait for the commit')
    .argument('<policy>', 'name of the ImagePolicy')
    .requiredOption('--reason <text>', 'why; it stands in a trailer of the commit');
  addExamples(command, ['land web --reason "fixes CVE-2026-1234"']);
  addClusterOptions(command).action(async (policy: string, { reason }: { reason: string }) => {
    const { landPolicy } = await import('./land-policy.ts');
    await landPolicy({ policy, reason }, clusterOptionsOf(command, session.environment), session);
  });
}
