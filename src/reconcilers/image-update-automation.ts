import { findSelectorProblem, type ImageUpdateAutomation, imageUpdateAutomationKind } from '../api/index.ts';
import { formatTime, nameOf, type Reconciler, type StepContext } from '../core/index.ts';
import { type AutomationSeen, deliver } from './automation-delivery.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { stalled } from './automation-failure.ts';
import { lookAt } from './automation-look.ts';
import { readMessageTemplate } from './automation-message.ts';
import { headOf } from './automation-push.ts';
import { type AutomationDone, reportRun } from './automation-report.ts';
import { readSource } from './automation-source.ts';
import { openTarget, refreshTarget } from './automation-target.ts';
import { wishesOf } from './automation-wishes.ts';

type Plan =
  | { readonly do: 'commit'; readonly because: string; readonly seen: AutomationSeen }
  | { readonly do: 'nothing'; readonly because: string; readonly seen: AutomationSeen };

/** Writes what the policies picked at the markers of a branch: decides on a look at the head, commits, pushes; what a person took back is held. */
export function createImageUpdateAutomationReconciler(
  deps: AutomationDeps,
): Reconciler<ImageUpdateAutomation, AutomationSeen, Plan, AutomationDone> {
  return {
    kind: imageUpdateAutomationKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide,
    act: (plan, resource, context) => deliver(plan.do, plan.seen, resource, context, deps),
    report: (resource, _plan, done, now) => reportRun(resource, done, now),
    describeFailure: (_resource, _error, now) => ({ status: { lastAutomationRunTime: formatTime(now) } }),
    finalize: (resource) => deps.memories.drop(nameOf(resource)),
  };
}

async function observe(resource: ImageUpdateAutomation, context: StepContext, deps: AutomationDeps): Promise<AutomationSeen> {
  const problem = findSelectorProblem(resource.spec.policySelector);
  if (problem !== null) throw stalled('InvalidPolicySelector', `failed to parse policy selector: ${problem}`);
  readMessageTemplate(resource);
  const source = await readSource(resource, context, deps);
  const target = await openTarget(resource, source, context, deps);
  const memory = await deps.memories.read(nameOf(resource));
  const wishes = wishesOf(resource, memory, deps);
  await refreshTarget(resource, source, target, context, deps);
  return { target, wishes, look: await lookAt(target, wishes, await headOf(target)) };
}

function decide(_resource: ImageUpdateAutomation, seen: AutomationSeen): Plan {
  const writes = seen.look.verdicts.filter(({ kind }) => kind === 'write');
  if (writes.length > 0) {
    return { do: 'commit', because: `${writes.length} marker(s) of ${seen.target.branch} differ from what was selected`, seen };
  }
  const waiting = seen.look.verdicts.length;
  const because = waiting === 0 ? 'every marker carries what was selected' : `${waiting} marker(s) wait`;
  return { do: 'nothing', because, seen };
}
