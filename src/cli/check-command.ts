import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ControllerGroup } from '../lease/index.ts';
import type { CheckOrder } from './check/run-checks.ts';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

const groups: readonly ControllerGroup[] = ['image', 'source', 'kustomize'];

/** `check`: whether everything is in place, item by item. */
export function addCheckCommand(program: Command, session: Session): void {
  const command = program
    .command('check')
    .description('look whether everything is in place: versions, definitions, Leases, rights, who serves and who writes what')
    .option(
      '--as <account>',
      'whose rights to look at, NAMESPACE/NAME of a ServiceAccount (default: that of the Deployment found)',
    )
    .addOption(
      new Option(
        '--controllers <list>',
        'the parts whose rights are needed (default: those of the Deployment found, else all)',
      ).argParser(parseGroups),
    );
  addExamples(command, ['check', 'check -n flux-system --controllers image', 'check --as flux-system/tagalong']);
  addClusterOptions(command).action(async (options: CheckOrder) => {
    const { runChecks } = await import('./check/run-checks.ts');
    await runChecks(options, clusterOptionsOf(command, session.environment), session);
  });
}

function parseGroups(text: string): ControllerGroup[] {
  const words = text.split(',').map((word) => word.trim());
  const found = groups.filter((group) => words.includes(group));
  if (found.length !== new Set(words).size) throw new InvalidArgumentError(`Give some of ${groups.join(', ')}.`);
  return found;
}
