import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';
import type { EventsOrder } from './show-events.ts';

/** `events`: what was told about the objects, the oldest first. */
export function addEventsCommand(program: Command, session: Session): void {
  const command = program
    .command('events')
    .description('show what happened to the objects, the oldest first')
    .option('-A, --all-namespaces', 'of all namespaces')
    .option('--for <kind/name>', 'only about this object and its source, such as Kustomization/apps')
    .option('--types <list>', 'only these types: Normal,Warning')
    .option('-w, --watch', 'go on with each new event, until Ctrl-C')
    .option('--no-header', 'without the header');
  addExamples(command, ['events', 'events --for Kustomization/apps --watch', 'events -A --types Warning']);
  addClusterOptions(command).action(async (options: EventsOrder) => {
    const { showEvents } = await import('./show-events.ts');
    await showEvents(options, clusterOptionsOf(command, session.environment), session);
  });
}
