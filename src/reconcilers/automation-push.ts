import type { Delivery, Oid, StepContext } from '../core/index.ts';
import { planCommits, type Write } from './automation-commits.ts';
import { describeWriter } from './automation-guards.ts';
import { type AutomationLook, lookAt } from './automation-look.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';
import { type CommitStyle, type WrittenCommit, writeCommits } from './automation-write.ts';
import { type PushPlace, pushTogether } from './push-together.ts';

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
  /** What the branch is at; further than our last commit where others' were pushed along. */
  readonly tip: Oid;
}

/** What a look lets land in this way. */
export function writesOf(look: AutomationLook, delivery: Delivery): Write[] {
  return look.verdicts.filter((verdict) => verdict.kind === 'write').filter((write) => write.delivery === delivery);
}

/**
 * Writes the commits and pushes them to the branch that was checked out, along with those of other automations that wait for it. When
 * somebody else's push came in between, the edits are planned again on the new head. Never forces.
 */
export async function pushCommits(order: PushOrder, first: AutomationLook, context: StepContext): Promise<Pushed> {
  const { mirror, branch } = order.target;
  let look = first;
  const make = async (onto: Oid) => {
    look = onto === look.head ? look : await lookAt(order.target, order.wishes, onto);
    const commits = await makeCommits(order, look, writesOf(look, 'Push'), context);
    const policies = commits.flatMap(({ plan }) => plan.policies);
    if (commits.length > 0) await order.wishes.guards.landing(policies, describeWriter(mirror.remote.url, branch));
    return { tip: commits.at(-1)?.oid ?? onto, made: { look, commits } };
  };
  try {
    const { made, tip } = await pushTogether(placeOf(order), { context, make });
    return { ...made, tip };
  } catch (error) {
    await order.wishes.guards.abandon();
    throw error;
  }
}

function placeOf({ target, pushOptions, refspec }: PushOrder): PushPlace {
  const options = { pushOptions, ...(refspec === undefined ? {} : { refspec }) };
  return { mirror: target.mirror, branch: target.branch, options };
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
