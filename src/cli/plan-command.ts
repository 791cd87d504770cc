import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { UpdateOptions } from './update-folder.ts';

interface PlanOptions extends Omit<Partial<UpdateOptions>, 'output'> {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output?: 'json';
}

/** `plan`: what the next run would do, on a folder or on a cluster; nothing is written. */
export function addPlanCommand(program: Command, session: Session): void {
  const command = program
    .command('plan')
    .description('say what the next run would commit and roll out; nothing is written anywhere')
    .option('--policies <dir>', 'folder with the resources; without it those of the cluster')
    .option('--path <dir>', 'with --policies: folder whose files would be updated')
    .option('--offline', 'with --policies: do not ask registries, use status.latestRef')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as for `run`)')
    .option('--context <name>', 'context of the kubeconfig')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json']));
  addExamples(command, ['plan --policies policies/ --path . | git apply --check', 'plan', 'plan --context production -o json']);
  command.action(async (options: PlanOptions) => {
    const { policies, path } = options;
    if ((policies === undefined) !== (path === undefined)) throw new CliError('USAGE', '--policies and --path go together');
    if (policies === undefined || path === undefined) return planOnCluster(options);
    const { updateFolder } = await import('./update-folder.ts');
    await updateFolder({ ...options, policies, path, dryRun: true }, session);
  });
}

/** One round of `run --observe`, with a state folder of its own: that of a bot beside it stays alone. */
async function planOnCluster({ kubeconfig, context, output }: PlanOptions): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'tagalong-plan-'));
  try {
    const args = ['--observe', '--once', '--log-level', 'error', '--state-dir', state];
    if (kubeconfig !== undefined) args.push('--kubeconfig', kubeconfig);
    if (context !== undefined) args.push('--context', context);
    if (output !== undefined) args.push('--output', output);
    const { createRunCommand } = await import('./run.ts');
    await createRunCommand().exitOverride().parseAsync(args, { from: 'user' });
    process.exitCode = 0;
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}
