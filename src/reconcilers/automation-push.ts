import type { Delivery, Oid, StepContext } from '../core/index.ts';
import { headOfBranch } from './automation-checkout.ts';
import { planCommits, type Write } from './automation-commits.ts';
import { describeWriter } from './automation-guards.ts';
import { type AutomationLook, lookAt } from './automation-look.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';
import { type CommitStyle, type WrittenCommit, writeCommits } from './automation-write.ts';
import { attemptPush, pushRefused } from './push-attempts.ts';

export interface PushOrder {
  readonly target: AutomationTarget;
  readonly wishes: AutomationWishes;
  readonly style: CommitStyle;
  readonly pushOptions: readonly string[];
  /** A further ref that gets the same commits. */
  readonly refspec: string | undefined;
  /** Makes commits elsewhere than in the mirror (the forge's API); absent where git makes them. */
  readonly remake?: (commits: readonly WrittenCommit[], onto: Oid) => Promise<WrittenCommit[]>;
}

export interface Pushed {
  /** The last look that was taken, on the head that the commits stand on. */
  readonly look: AutomationLook;
  /** Oldest first; empty if nothing was left to write once we had the branch. */
  readonly commits: readonly WrittenCommit[];
}

/** What a look lets land in this way. */
export function writesOf(look: AutomationLook, delivery: Delivery): Write[] {
  return look.verdicts.filter((verdict) => verdict.kind === 'write').filter((write) => write.delivery === delivery);
}

/**
 * Writes the commits and pushes them to the branch that was checked out, as its only writer in this process. When somebody else's push came
 * in between, the edits are planned again on the new head. Never forces.
 */
export async function pushCommits(order: PushOrder, first: AutomationLook, context: StepContext): Promise<Pushed> {
  try {
    return await pushAsOnlyWriter(order, first, context);
  } catch (error) {
    await order.wishes.guards.abandon();
    throw error;
  }
}

function pushAsOnlyWriter(order: PushOrder, first: AutomationLook, context: StepContext): Promise<Pushed> {
  const { mirror, branch } = order.target;
  let look = first;
  return attemptPush(mirror, branch, context, async () => {
    look = await lookAgain(order, look);
    const commits = await makeCommits(order, look, writesOf(look, 'Push'), context);
    const last = commits.at(-1);
    if (last === undefined) return { look, commits };
    const policies = commits.flatMap(({ plan }) => plan.policies);
    await order.wishes.guards.landing(policies, describeWriter(mirror.remote.url, branch));
    const outcome = await pushOnce(order, last.oid, look.head, context);
    return outcome === 'moved' ? outcome : { look, commits };
  });
}

async function lookAgain({ target, wishes }: PushOrder, look: AutomationLook): Promise<AutomationLook> {
  const head = await headOfBranch(target.mirror, target.branch);
  return head === look.head ? look : lookAt(target, wishes, head);
}

/** The commits that land these writes on the head of the look, wherever they are made. */
export async function makeCommits(
  { target, wishes, style, remake }: PushOrder,
  look: AutomationLook,
  writes: readonly Write[],
  context: StepContext,
): Promise<WrittenCommit[]> {
  const commits = await writeCommits(target, style, planCommits(writes, style.per, wishes.groups), look, context);
  return remake === undefined || commits.length === 0 ? commits : remake(commits, look.head);
}

async function pushOnce(order: PushOrder, commit: Oid, expected: Oid, { signal }: StepContext): Promise<'pushed' | 'moved'> {
  const { mirror, branch } = order.target;
  const { pushOptions, refspec } = order;
  const options = { pushOptions, signal, ...(refspec === undefined ? {} : { refspec }) };
  const outcome = await mirror.push(branch, commit, expected, options);
  if (outcome.kind !== 'refused') return outcome.kind;
  throw pushRefused(`failed to push to remote: ${outcome.message}`);
}
