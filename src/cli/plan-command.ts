import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { CliError } from './error.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { UpdateOptions } from './update-folder.ts';

interface PlanOptions extends Omit<Partial<UpdateOptions>, 'output' | 'namespace'> {
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
    .option('--ignore-holds', 'with --policies: as if nobody had taken a version back')
    .addOption(new Option('-o, --output <format>', 'print it for a program').choices(['json']));
  addExamples(command, ['plan --policies policies/ --path . | git apply --check', 'plan', 'plan --context production -o json']);
  addClusterOptions(command).action(async (options: PlanOptions) => {
    const { policies, path } = options;
    if ((policies === undefined) !== (path === undefined)) throw new CliError('USAGE', '--policies and --path go together');
    if (policies === undefined || path === undefined) {
      const { planOnCluster } = await import('./plan/plan-on-cluster.ts');
      return planOnCluster(options.output, clusterOptionsOf(command, session.environment), session);
    }
    const { namespace } = command.opts<{ namespace?: string }>();
    const { updateFolder } = await import('./update-folder.ts');
    await updateFolder(
      { ...options, ...(namespace && { namespace }), policies, path, dryRun: true, plansRollout: true },
      session,
    );
  });
}
