import { type ImageUpdateAutomation, imageUpdateAutomationKind } from '../api/index.ts';
import { formatTime, nameOf, type Reconciler } from '../core/index.ts';
import { describeCheckout } from './automation-checkout.ts';
import { waitingBumps } from './automation-conditions.ts';
import { deliver } from './automation-delivery.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { previewMarkers, tellPlanned } from './automation-preview.ts';
import { type AutomationDone, reportRun } from './automation-report.ts';
import { type AutomationSeen, observeAutomation } from './automation-seen.ts';
import { branchOf } from './rollout-writer.ts';

type Plan =
  | { readonly do: 'commit'; readonly because: string; readonly seen: AutomationSeen }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: AutomationSeen };

/** Writes what the policies picked at the markers of a branch: decides on a look at the head, commits, pushes; what a person took back is held. */
export function createImageUpdateAutomationReconciler(
  deps: AutomationDeps,
): Reconciler<ImageUpdateAutomation, AutomationSeen, Plan, AutomationDone> {
  return {
    kind: imageUpdateAutomationKind,
    observe: (resource, context) => observeAutomation(resource, context, deps),
    decide,
    act: async (plan, resource, context) => {
      const { target, order } = plan.seen;
      await deps.answerRequests(resource, { ...order, target, branch: branchOf(target), mayPush: deps.mayPush }, context);
      const done = await deliver(plan.seen, resource, context, deps);
      const { mirror, branch } = plan.seen.target;
      const places = { url: mirror.remote.url, branch, files: done.look.places };
      await plan.seen.wishes.guards.settle(waitingBumps(done.look), places);
      return done;
    },
    preview: async ({ seen }, resource, context) => {
      if (deps.onPlanned !== undefined) await tellPlanned(resource, seen, context, deps.onPlanned);
      return previewMarkers(seen.look);
    },
    report: (resource, _plan, done, now) => reportRun(resource, done, now),
    describeFailure: (_resource, _error, now) => ({ status: { lastAutomationRunTime: formatTime(now) } }),
    finalize: async (resource) => {
      await deps.memories.drop(nameOf(resource));
      await deps.rollouts.drop(resource);
    },
  };
}

function decide(_resource: ImageUpdateAutomation, seen: AutomationSeen): Plan {
  const writes = seen.look.verdicts.filter(({ kind }) => kind === 'write');
  if (writes.length > 0) {
    return {
      do: 'commit',
      because: `${writes.length} marker(s) of ${describeCheckout(seen.target.checkout)} differ from what was selected`,
      seen,
    };
  }
  const waiting = seen.look.verdicts.length;
  const because = waiting === 0 ? 'every marker carries what was selected' : `${waiting} marker(s) wait`;
  return { do: 'nothing', because, seen };
}
