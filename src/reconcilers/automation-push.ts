import { type Oid, type StepContext, TagalongError } from '../core/index.ts';
import { addTrailers, type PlannedCommit, planCommits, renderFiles } from './automation-commits.ts';
import { type AutomationLook, lookAt } from './automation-look.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { AutomationWishes } from './automation-wishes.ts';

export interface PushOrder {
  readonly target: AutomationTarget;
  readonly wishes: AutomationWishes;
  readonly per: 'policy' | 'run';
  readonly author: { readonly name: string; readonly email: string };
  readonly pushOptions: readonly string[];
  /** `<cluster id>/<namespace>/<name>`. */
  readonly automation: string;
  message(commit: PlannedCommit): string;
}

export interface Pushed {
  /** The last look that was taken, on the head that the commits stand on. */
  readonly look: AutomationLook;
  /** Oldest first; empty if nothing was left to write once we had the branch. */
  readonly commits: readonly { readonly oid: Oid; readonly message: string; readonly plan: PlannedCommit }[];
}

const attemptsAtMost = 8;
const pauseMs = 150;

/**
 * Writes the commits and pushes them, as the branch's only writer in this process. When somebody else's push came in between, the
 * edits are planned again on the new head. Never forces.
 */
export function pushCommits(order: PushOrder, first: AutomationLook, context: StepContext): Promise<Pushed> {
  const { mirror, branch } = order.target;
  return mirror.asOnlyWriter(branch, async () => {
    let look = first;
    for (let attempt = 1; attempt <= attemptsAtMost; attempt += 1) {
      look = await lookAgain(order, look);
      const commits = await writeCommits(order, look, context);
      const last = commits.at(-1);
      if (last === undefined) return { look, commits };
      if ((await pushOnce(order, last.oid, look.head, context)) === 'pushed') return { look, commits };
      await context.clock.sleep(pauseMs * attempt * (0.5 + Math.random()), context.signal);
      await mirror.fetch(context.signal);
    }
    throw updateError(`failed to update source: '${branch}' moved ${attemptsAtMost} times while pushing; trying again later`);
  });
}

async function lookAgain({ target, wishes }: PushOrder, look: AutomationLook): Promise<AutomationLook> {
  const head = await headOf(target);
  return head === look.head ? look : lookAt(target, wishes, head);
}

/** The commit of the branch as the mirror knows it. */
export async function headOf({ mirror, branch }: Pick<AutomationTarget, 'mirror' | 'branch'>): Promise<Oid> {
  const head = (await mirror.refs()).get(`refs/heads/${branch}`);
  if (head !== undefined) return head;
  throw new TagalongError(
    'BRANCH_MISSING',
    `failed to checkout source: the remote has no branch '${branch}'; push it or mend spec.git.checkout.ref`,
    {
      reason: 'GitOperationFailed',
    },
  );
}

async function writeCommits(order: PushOrder, look: AutomationLook, context: StepContext): Promise<Pushed['commits']> {
  const { mirror } = order.target;
  const commits: { oid: Oid; message: string; plan: PlannedCommit }[] = [];
  for (const plan of planCommits(look, order.per)) {
    const message = addTrailers(order.message(plan), plan, order.automation);
    const files = await renderFiles(plan, look, (oid) => mirror.blob(oid));
    const seconds = Math.floor(context.clock.now() / 1000);
    const oid = await mirror.writeCommit({
      parent: commits.at(-1)?.oid ?? look.head,
      files,
      message,
      author: order.author,
      seconds,
    });
    commits.push({ oid, message, plan });
  }
  return commits;
}

async function pushOnce(order: PushOrder, commit: Oid, expected: Oid, { signal }: StepContext): Promise<'pushed' | 'moved'> {
  const { mirror, branch } = order.target;
  const outcome = await mirror.push(branch, commit, expected, { pushOptions: order.pushOptions, signal });
  if (outcome.kind !== 'refused') return outcome.kind;
  throw updateError(`failed to update source: failed to push to remote: ${outcome.message}`);
}

function updateError(message: string): TagalongError {
  return new TagalongError('PUSH_REFUSED', message, { reason: 'GitOperationFailed' });
}
