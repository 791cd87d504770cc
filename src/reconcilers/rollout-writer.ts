import type { ImageUpdateAutomation } from '../api/index.ts';
import type { StepContext } from '../core/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { orderViaForge } from './automation-request-look.ts';
import { wayOfWriting } from './automation-seen.ts';
import { readSigner } from './automation-signing.ts';
import { readSource } from './automation-source.ts';
import { openTarget, refreshTarget } from './automation-target.ts';
import type { RolloutWriter } from './rollout-deps.ts';

/** Opens what an automation writes, with its own credentials and key, and makes sure that what is known of it is fresh enough. */
export async function openRolloutWriter(
  automation: ImageUpdateAutomation,
  context: StepContext,
  deps: AutomationDeps,
): Promise<RolloutWriter> {
  const source = await readSource(automation, context, deps);
  const target = await openTarget(automation, source, context, deps);
  await refreshTarget(automation, source, target, context, deps);
  const signer = await readSigner(automation, context, deps);
  const { style, pushOptions } = wayOfWriting(automation, target, signer, deps);
  return orderViaForge(
    automation,
    { target, branch: branchOf(target), style, pushOptions, mayPush: deps.mayPush },
    context,
    deps,
  );
}

/** The branch whose history is rolled out: the one that is checked out, also where pushes go to another one first. */
export function branchOf({ checkout }: RolloutWriter['target']): string | null {
  return checkout.kind === 'branch' ? checkout.branch : null;
}
