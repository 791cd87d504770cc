import type { GitRepository, ImageUpdateAutomation } from '../api/index.ts';
import { type GitMirror, type Oid, type StepContext, TagalongError } from '../core/index.ts';
import { parsePushRefspec } from '../git/index.ts';
import { type GitRef, resolveGitRef } from '../source/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { failAs, stalled } from './automation-failure.ts';

/** What edits are planned on: the head of a branch, or what another ref of Flux's leads to. */
export type Checkout = { readonly kind: 'branch'; readonly branch: string } | { readonly kind: 'ref'; readonly ref: GitRef };

/** A checkout at one commit. */
export interface Base {
  readonly head: Oid;
  /** `main@sha1:…`, `v1.2.3@sha1:…`, as a GitRepository's revision. */
  readonly revision: string;
}

/** Flux's precedence: commit, name, tag, semver, branch; `master` where nothing is said. A name of a branch is that branch. */
export function checkoutOf(ref: GitRef | undefined): Checkout {
  const named = /^refs\/heads\/(.+)$/.exec(ref?.name ?? '')?.[1];
  if (ref?.commit) return { kind: 'ref', ref };
  if (named !== undefined) return { kind: 'branch', branch: named };
  if (ref?.name || ref?.tag || ref?.semver) return { kind: 'ref', ref };
  return { kind: 'branch', branch: ref?.branch || 'master' };
}

/**
 * The branch that is pushed: `push.branch`, else the one that is named at the checkout, or by the source where the automation says nothing.
 * @throws TagalongError NO_BRANCH, with Flux's words
 */
export function pushBranchOf({ spec }: ImageUpdateAutomation, source: GitRepository): string {
  const branch = spec.git?.push?.branch ?? (spec.git?.checkout?.ref ?? source.spec.ref)?.branch;
  if (branch !== undefined && branch !== '') return branch;
  const message = 'push spec not provided, and cannot be inferred from .spec.git.checkout.ref or GitRepository .spec.ref';
  throw new TagalongError('NO_BRANCH', `failed configuring source manager: ${message}`, { reason: 'SourceManagerFailed' });
}

/** The commit that edits are planned on, as the mirror knows its branch, or as the remote answers for another ref. */
export async function readBase(
  { mirror, checkout }: { readonly mirror: GitMirror; readonly checkout: Checkout },
  { signal }: Pick<StepContext, 'signal'>,
  { pickSemver }: Pick<AutomationDeps, 'pickSemver'>,
): Promise<Base> {
  const failed = failAs('failed to checkout source', 'GitOperationFailed');
  if (checkout.kind === 'branch') {
    const head = await headOfBranch(mirror, checkout.branch);
    return { head, revision: `${checkout.branch}@sha1:${head}` };
  }
  const { commit, revision } = await resolveGitRef(mirror, checkout.ref, { pickSemver, signal }).catch(failed);
  return { head: commit, revision };
}

/** The commit of a branch as the mirror knows it. */
export async function headOfBranch(mirror: GitMirror, branch: string): Promise<Oid> {
  const head = (await mirror.refs()).get(`refs/heads/${branch}`);
  if (head !== undefined) return head;
  const message = `failed to checkout source: the remote has no branch '${branch}'; push it or mend spec.git.checkout.ref`;
  throw new TagalongError('BRANCH_MISSING', message, { reason: 'GitOperationFailed' });
}

/** A short name of the checkout, for messages. */
export function describeCheckout(checkout: Checkout): string {
  if (checkout.kind === 'branch') return checkout.branch;
  const { commit, name, tag, semver } = checkout.ref;
  return commit || name || tag || `semver ${semver}`;
}

/** @throws TagalongError that stalls the object if a ref that it would push is none, or one that this process must not push. */
export function checkPushRefs(resource: ImageUpdateAutomation, branch: string, isAllowed: (ref: string) => boolean): void {
  const { refspec } = resource.spec.git?.push ?? {};
  const targets = [`refs/heads/${branch}`];
  try {
    if (refspec !== undefined) targets.push(parsePushRefspec(refspec).target);
  } catch (error) {
    throw stalled('InvalidRefspec', `spec.git.push.refspec: ${error instanceof Error ? error.message : String(error)}`);
  }
  const forbidden = targets.find((ref) => !isAllowed(ref));
  if (forbidden === undefined) return;
  const message = `pushing to '${forbidden}' is not allowed here (--allowed-push-refs); mend spec.git.push, or have it allowed`;
  throw stalled('PushRefNotAllowed', message);
}
