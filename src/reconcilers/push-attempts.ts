import { type GitMirror, type StepContext, TagalongError } from '../core/index.ts';

/** How often a push is planned again when somebody else's came in between, and the pause before, which grows. */
const attemptsAtMost = 8;
const pauseMs = 150;

type Patience = Pick<StepContext, 'clock' | 'signal'>;

/** `attemptInTurn`, once this process has the branch to itself. */
export function attemptPush<Done>(
  mirror: GitMirror,
  branch: string,
  context: Patience,
  attempt: () => Promise<Done | 'moved'>,
): Promise<Done> {
  return mirror.asOnlyWriter(branch, () => attemptInTurn(mirror, branch, context, attempt));
}

/**
 * Attempts to write a branch that this process has to itself, anew after a fetch as long as an attempt finds that the branch has moved.
 * Throws PUSH_REFUSED when it always had.
 */
export async function attemptInTurn<Done>(
  mirror: GitMirror,
  branch: string,
  context: Patience,
  attempt: () => Promise<Done | 'moved'>,
): Promise<Done> {
  for (let count = 1; count <= attemptsAtMost; count += 1) {
    const outcome = await attempt();
    if (outcome !== 'moved') return outcome;
    await pause(count, context);
    await mirror.fetch(context.signal);
  }
  throw pushRefused(`'${branch}' moved ${attemptsAtMost} times while pushing; trying again later`);
}

/** Waits a little, longer with each attempt, so that writers who met once do not meet again. */
function pause(attempt: number, { clock, signal }: Patience): Promise<void> {
  return clock.sleep(pauseMs * attempt * (0.5 + Math.random()), signal);
}

/** What a push that did not get through is told as. */
export function pushRefused(because: string): TagalongError {
  return new TagalongError('PUSH_REFUSED', `failed to update source: ${because}`, { reason: 'GitOperationFailed' });
}
