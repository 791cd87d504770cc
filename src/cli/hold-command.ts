import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { HoldOptions, UnholdOptions } from './hold-version.ts';
import type { Session } from './session.ts';

/** `hold`: keeps versions of an image out, by an entry of a guard. */
export function addHoldCommand(program: Command, session: Session): void {
  const command = program
    .command('hold')
    .description("keep versions out: an entry in a guard's file in git, or in the cluster where the guard is not in git")
    .argument('<policy>', 'name of the ImagePolicy')
    .option('--tag <tag...>', 'tags that must not land')
    .option('--range <range>', 'versions that must not land, such as >=2.0.0')
    .option('--digest <digest...>', 'digests that must not land, whatever their tag')
    .option('--until <time>', 'when the hold ends (RFC 3339); default: never')
    .option('--reason <text>', 'why')
    .option('--guard <name>', 'the UpdateGuard to write into; needed where several select the policy');
  addExamples(command, [
    'hold web --tag 1.5.0 --reason "loses carts"',
    'hold web --range ">=2.0.0" --until 2026-12-01T00:00:00Z',
  ]);
  addClusterOptions(command).action(async (policy: string, options: HoldOptions) => {
    const { holdVersion } = await import('./hold-version.ts');
    await holdVersion(policy, options, clusterOptionsOf(command, session.environment), session);
  });
}

/** `unhold`: takes such entries out again. */
export function addUnholdCommand(program: Command, session: Session): void {
  const command = program
    .command('unhold')
    .description('take the holds of a policy out of a guard again')
    .argument('<policy>', 'name of the ImagePolicy')
    .option('--tag <tag>', 'only entries that name this tag')
    .option('--guard <name>', 'the UpdateGuard to look in; needed where several hold the policy');
  addExamples(command, ['unhold web', 'unhold web --tag 1.5.0']);
  addClusterOptions(command).action(async (policy: string, options: UnholdOptions) => {
    const { unholdVersion } = await import('./hold-version.ts');
    await unholdVersion(policy, options, clusterOptionsOf(command, session.environment), session);
  });
}
