import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import { addKindCommands, type KindWords, reconciledKinds, typed } from './kind-words.ts';
import type { Session } from './session.ts';

/** `reconcile`: asks for a run now, and waits for its end. */
export function addReconcileCommand(program: Command, session: Session): void {
  const reconcile = program.command('reconcile').description('ask for a run now, and wait until it is over');
  addExamples(reconcile, [
    'reconcile source git sample',
    'reconcile kustomization apps --with-source',
    'reconcile image repository web -n apps --timeout 30s',
  ]);
  addKindCommands(reconcile, (command, words) => defineReconcile(command, words, session), reconciledKinds);
}

function defineReconcile(command: Command, words: KindWords, session: Session): void {
  const { kind } = words;
  command.argument('<name>', `name of the ${kind}`).description(`reconcile one ${kind}`);
  if (kind === 'Kustomization') command.option('--with-source', 'its source first');
  addExamples(command, [`reconcile ${typed(words)} web`, `reconcile ${typed(words)} web -n apps --timeout 30s`]);
  addClusterOptions(command).action(async (name: string, { withSource = false }: { withSource?: boolean }) => {
    const { reconcileObject } = await import('./reconcile-object.ts');
    await reconcileObject({ kind, name, withSource }, clusterOptionsOf(command, session.environment), session);
  });
}
