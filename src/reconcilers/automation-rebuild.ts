import { type Commit, type Oid, type StepContext, TagalongError } from '../core/index.ts';
import { automationTrailer, parseTrailers } from '../hold/index.ts';
import { describeCheckout } from './automation-checkout.ts';
import { planCommits, type Write } from './automation-commits.ts';
import type { AutomationLook } from './automation-look.ts';
import { makeCommits, type PushOrder } from './automation-push.ts';
import { type CommitStyle, type WrittenCommit, writeCommits } from './automation-write.ts';
import { carriesAlready, isUntouched, readBranchCommits } from './branch-commits.ts';
import { attemptPush, pushRefused } from './push-attempts.ts';

/** What became of a branch that is made anew from the checkout. */
export type Rebuilt =
  | { readonly kind: 'pushed'; readonly head: Oid; readonly commits: readonly WrittenCommit[] }
  /** It carries these very changes already. */
  | { readonly kind: 'unchanged'; readonly head: Oid }
  /** Somebody else's commits are on it: it is left as it is. */
  | { readonly kind: 'foreign'; readonly head: Oid; readonly because: string };

export interface RebuildOptions {
  /** New commits also where the branch carries the very same changes. */
  readonly anew: boolean;
}

/**
 * Makes `branch` carry exactly these writes upon the commit of the look, as its only writer in this process. What stood there is replaced
 * (`--force-with-lease`) only while every commit of it is ours.
 */
export function rebuildBranch(
  order: PushOrder,
  branch: string,
  writes: readonly Write[],
  look: AutomationLook,
  context: StepContext,
  options: RebuildOptions = { anew: false },
): Promise<Rebuilt> {
  const { mirror } = order.target;
  return attemptPush(mirror, branch, context, async () => {
    const seen = (await mirror.refs()).get(`refs/heads/${branch}`) ?? null;
    return rebuildOnce(order, branch, seen, writes, look, context, options);
  });
}

async function rebuildOnce(
  order: PushOrder,
  branch: string,
  seen: Oid | null,
  writes: readonly Write[],
  look: AutomationLook,
  context: StepContext,
  { anew }: RebuildOptions,
): Promise<Rebuilt | 'moved'> {
  const { mirror } = order.target;
  const isOwn = (commit: Commit) => isOwnCommit(commit, order.style);
  const standing = seen === null ? null : await readBranchCommits(mirror, look.head, seen, isOwn);
  if (seen !== null && standing?.kind === 'foreign')
    return { kind: 'foreign', head: seen, because: describeForeign(branch, standing.commit) };
  const planned = await planUnsigned(order, writes, look, context);
  const oids = planned.map(({ oid }) => oid);
  if (!anew && seen !== null && standing?.kind === 'own' && (await carriesAlready(mirror, standing.commits, oids, look.head)))
    return { kind: 'unchanged', head: seen };
  const commits = await makeCommits(order, look, writes, context);
  const head = commits.at(-1)?.oid;
  if (head === undefined) throw new TagalongError('NOTHING_TO_PUSH', `'${branch}' was to be rebuilt without any change`);
  const force = mayForce(order, branch);
  if (!force && seen !== null && seen !== look.head) throw pinned(order, branch, seen);
  const options = { pushOptions: order.pushOptions, force, signal: context.signal };
  const refspec = order.refspec === undefined ? {} : { refspec: order.refspec };
  const outcome = await mirror.push(branch, head, seen, { ...options, ...refspec });
  if (outcome.kind === 'refused') throw pushRefused(`failed to push to remote: ${outcome.message}`);
  return outcome.kind === 'moved' ? 'moved' : { kind: 'pushed', head, commits };
}

/** The commits as they would be, in the mirror alone; a signature is made only for those that are pushed. */
export function planUnsigned(
  { target, wishes, style }: PushOrder,
  writes: readonly Write[],
  look: AutomationLook,
  context: StepContext,
): Promise<WrittenCommit[]> {
  const plans = planCommits(writes, style.per, wishes.groups);
  return writeCommits(target, { ...style, signer: null }, plans, look, context);
}

/** A branch that is named at the checkout is one that people use, also where a commit of it is pinned. */
function mayForce({ target }: PushOrder, branch: string): boolean {
  return target.checkout.kind === 'branch' ? target.checkout.branch !== branch : target.checkout.ref.branch !== branch;
}

function pinned({ target }: PushOrder, branch: string, seen: Oid): TagalongError {
  const at = describeCheckout(target.checkout).slice(0, 60);
  return pushRefused(
    `'${branch}' is at ${seen.slice(0, 7)}, past what is checked out (${at}); set spec.git.push.branch to another branch, or check out the branch`,
  );
}

/** Ours by its trailer, and untouched since, which of one that a forge made for us cannot be told: it has the forge's own committer. */
export function isOwnCommit(commit: Commit, { automation, viaForge }: CommitStyle): boolean {
  const isMarked = parseTrailers(commit.message).some(({ key, value }) => key === automationTrailer && value === automation);
  return isMarked && (viaForge || isUntouched(commit)) && commit.parents.length === 1;
}

function describeForeign(branch: string, { oid, committer, message }: Commit): string {
  const subject = message.split('\n', 1)[0] ?? '';
  const by = clean(`${oid.slice(0, 7)} by ${committer.name} (${subject})`);
  return `branch '${branch}' is left as it is: ${by} is on it, which is not ours; merge the branch, delete it, or take that commit away`;
}

function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').slice(0, 200);
}
