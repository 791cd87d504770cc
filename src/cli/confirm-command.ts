import type { Command } from 'commander';
import { addClusterOptions, clusterOptionsOf } from './cluster-options.ts';
import { addExamples } from './help.ts';
import type { Session } from './session.ts';

/** `confirm prune` and `confirm listing`: a person agrees to a large deletion, or to a list of tags that lost some. */
export function addConfirmCommand(program: Command, session: Session): void {
  const confirm = program.command('confirm').description('agree to what waits for a person');
  const prune = confirm
    .command('prune')
    .description('let a Kustomization delete what its revision no longer has')
    .argument('<name>', 'name of the Kustomization');
  addExamples(prune, ['confirm prune apps', 'confirm prune apps -n flux-system']);
  addClusterOptions(prune).action(async (name: string) => {
    const { confirmPrune } = await import('./confirm-prune.ts');
    await confirmPrune(name, clusterOptionsOf(prune, session.environment), session);
  });
  const listing = confirm
    .command('listing')
    .description('believe a list of tags that lost most of its tags, or one in use')
    .argument('<name>', 'name of the ImageRepository');
  addExamples(listing, ['confirm listing web', 'confirm listing web -n apps']);
  addClusterOptions(listing).action(async (name: string) => {
    const { confirmListing } = await import('./confirm-listing.ts');
    await confirmListing(name, clusterOptionsOf(listing, session.environment), session);
  });
}
