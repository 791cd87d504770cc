import type { GapContext } from './gap.ts';
import {
  imageUpdateAutomationKind,
  imageUpdateAutomationSpecSchema,
  imageUpdateAutomationStatusSchema,
} from './image-update-automation.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const imageUpdateAutomationDefinition: KindDefinition = {
  ...imageUpdateAutomationKind,
  description: 'Writes the picks of policies into a git repository.',
  shortNames: ['iua', 'imgupd', 'imgauto'],
  categories: ['all', 'fluxcd', 'fluxcd-images'],
  columns: [
    readyColumn,
    statusColumn,
    { name: 'Last run', type: 'string', jsonPath: '.status.lastAutomationRunTime', priority: 1 },
    ageColumn,
  ],
  spec: imageUpdateAutomationSpecSchema,
  status: imageUpdateAutomationStatusSchema,
  gaps: [
    { path: 'spec.git.checkout.ref.tag', because: 'only a branch can be checked out to write on yet' },
    { path: 'spec.git.checkout.ref.semver', because: 'only a branch can be checked out to write on yet' },
    { path: 'spec.git.checkout.ref.name', because: 'only a branch can be checked out to write on yet' },
    { path: 'spec.git.checkout.ref.commit', because: 'only a branch can be checked out to write on yet' },
    { path: 'spec.git.commit.signingKey', because: 'commits are not signed yet' },
    {
      path: 'spec.git.push.branch',
      because: 'pushing to another branch than the one that is checked out is not there yet',
      isNoop: isCheckoutBranch,
    },
    { path: 'spec.git.push.refspec', because: 'pushing to a further refspec is not there yet' },
  ],
};

interface Checkout {
  readonly git?: { readonly checkout?: { readonly ref: { readonly branch?: string } } };
}

/** A ref at the checkout replaces the one of the source as a whole; where neither names a branch, it is master. */
function isCheckoutBranch(pushBranch: unknown, { resource, sourceBranch }: GapContext): boolean {
  const { git }: Checkout = resource.spec;
  const checkoutBranch = git?.checkout === undefined ? sourceBranch : (git.checkout.ref.branch ?? 'master');
  // Where the branch of the source is not known yet, whoever knows it asks again.
  return checkoutBranch === undefined || pushBranch === checkoutBranch;
}
