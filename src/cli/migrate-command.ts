import { type Command, Option } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import { type Part, parseParts, parts } from './migrate/parts.ts';
import type { Session } from './session.ts';

interface MigrateOptions {
  readonly parts: readonly Part[];
  readonly path: string;
  readonly fluxPath?: string;
  readonly image?: string;
  readonly suspend?: boolean;
}

/** `migrate plan|check|back`: from Flux to tagalong, part by part, and back. */
export function addMigrateCommand(program: Command, session: Session): void {
  const migrate = program.command('migrate').description('hand parts of Flux over to tagalong, and give them back');
  addPlanCommand(migrate, session);
  addCheckCommand(migrate, session);
  addBackCommand(migrate, session);
}

function addPlanCommand(migrate: Command, session: Session): void {
  const command = migrate
    .command('plan')
    .description('print the commits that hand parts over, as `git am` takes them; nothing is written');
  addFolderOptions(addPartsOption(command, 'the parts to hand over'));
  addExamples(command, ['migrate plan --parts image', 'migrate plan --parts all --path ~/fleet | git -C ~/fleet am']);
  command.action(async (options: MigrateOptions) => {
    const { printHandover } = await import('./migrate/migrate.ts');
    await printHandover(options, session);
  });
}

function addCheckCommand(migrate: Command, session: Session): void {
  const command = migrate
    .command('check')
    .description('prove beforehand that nothing would change: builds, applies, prunes, picks, Leases, definitions, rights');
  addPartsOption(command, 'the parts that are to be handed over');
  addExamples(command, ['migrate check', 'migrate check --parts image']);
  addClusterOptions(command).action(async ({ parts }: MigrateOptions) => {
    const { checkHandover } = await import('./migrate/check-handover.ts');
    await checkHandover(parts, clusterOptionsOf(command, session.environment), session);
  });
}

function addBackCommand(migrate: Command, session: Session): void {
  const command = migrate
    .command('back')
    .description('print the commits that give parts back to Flux; refused while Flux would undo what is held or waits');
  addFolderOptions(addPartsOption(command, 'the parts to give back'));
  command.option('--suspend', 'suspend first what Flux would do at once, in place of refusing');
  addExamples(command, ['migrate back', 'migrate back --parts image --suspend | git am']);
  addClusterOptions(command).action(async ({ suspend = false, ...options }: MigrateOptions) => {
    const { printReturn } = await import('./migrate/migrate.ts');
    await printReturn({ ...options, suspend }, clusterOptionsOf(command, session.environment), session);
  });
}

function addPartsOption(command: Command, what: string): Command {
  const option = new Option('--parts <list>', `${what}: ${parts.join(', ')}, or all`);
  return command.addOption(option.argParser(parseParts).default([...parts], 'all'));
}

function addFolderOptions(command: Command): Command {
  return command
    .option('--path <folder>', 'a checkout of the repository that Flux was bootstrapped from', '.')
    .option('--flux-path <folder>', 'the folder with gotk-components.yaml, where the checkout has several')
    .option('--image <reference>', 'the image of tagalong (default: the one that deploy/ names)');
}
