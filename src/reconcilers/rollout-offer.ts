import type { ImageUpdateAutomation } from '../api/index.ts';
import { errorMessage, nameOf, type StepContext } from '../core/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { openForge } from './automation-forge.ts';
import type { OfferedCommit, RolloutWriter } from './rollout-deps.ts';

/** Pushes a commit to a branch of its own and asks for it to be merged; the URL of that request, or null where there is no forge to ask. */
export async function offerCommit(
  automation: ImageUpdateAutomation,
  { target, pushOptions }: RolloutWriter,
  { commit, base, name, title, body }: OfferedCommit,
  context: StepContext,
  deps: AutomationDeps,
): Promise<string | null> {
  const { mirror } = target;
  const owner = nameOf(automation);
  // Not among the branches of bumps, which go when their bump is out of date.
  const branch = `tagalong-rollback/${owner.namespace}/${owner.name}/${name}`;
  if (!deps.mayPush(`refs/heads/${branch}`)) return null;
  try {
    const forge = await openForge(automation, mirror.remote, context, deps);
    const [known] = (await forge.list(branch, context.signal)).filter(({ state }) => state === 'open');
    if (known !== undefined) return known.url;
    const seen = (await mirror.refs()).get(`refs/heads/${branch}`) ?? null;
    const outcome = await mirror.push(branch, commit, seen, { pushOptions, force: true, signal: context.signal });
    if (outcome.kind !== 'pushed') return null;
    return (await forge.open({ branch, base, title, body }, context.signal)).url;
  } catch (error) {
    context.signal.throwIfAborted();
    context.log.warn('a rollback could not be offered as a request', { branch, error: errorMessage(error) });
    return null;
  }
}
