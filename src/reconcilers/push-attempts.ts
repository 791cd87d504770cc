import { type GitMirror, type StepContext, TagalongError } from '../core/index.ts';

/** How often a push is planned again when somebody else's came in between, and the pause before, which grows. */
const attemptsAtMost = 8;
const pauseMs = 150;

/**
 * Attempts to write a branch as its only writer in this process, anew after a fetch as long as an attempt finds that the branch has
 * moved. Throws PUSH_REFUSED when it always had.
 */
export function attemptPush<Done>(
  mirror: GitMirror,
  branch: string,
  context: StepContext,
  attempt: () => Promise<Done | 'moved'>,
): Promise<Done> {
  return mirror.asOnlyWriter(branch, async () => {
    for (let count = 1; count <= attemptsAtMost; count += 1) {
      const outcome = await attempt();
      if (outcome !== 'moved') return outcome;
      await pause(count, context);
      await mirror.fetch(context.signal);
    }
    throw pushRefused(`'${branch}' moved ${attemptsAtMost} times while pushing; trying again later`);
  });
}

/** Waits a little, longer with each attempt, so that writers who met once do not meet again. */
function pause(attempt: number, { clock, signal }: StepContext): Promise<void> {
  return clock.sleep(pauseMs * attempt * (0.5 + Math.random()), signal);
}

export function pushRefused(because: string): TagalongError {
  return new TagalongError('PUSH_REFUSED', `failed to update source: ${because}`, { reason: 'GitOperationFailed' });
}
