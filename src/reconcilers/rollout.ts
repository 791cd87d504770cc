import { type ImageUpdateAutomation, type Rollout, type RolloutStatus, rolloutKind } from '../api/index.ts';
import { formatKey, formatTime, type Instant, nameOf, type PlanLike, type Reconciler, type StepContext } from '../core/index.ts';
import { standingOf } from '../engine/index.ts';
import {
  decideUndo,
  enter,
  hopsOf,
  isEnded,
  type Joined,
  joinFacts,
  outcomesOf,
  RolloutError,
  type Standing,
  type UndoDecision,
} from '../rollout/index.ts';
import { headOfBranch } from './automation-checkout.ts';
import type { RolloutDeps, RolloutWriter, UnhealthyRule } from './rollout-deps.ts';
import { type WeighedEvidence, weighEvidence } from './rollout-evidence.ts';
import { type ClusterLook, lookAtClusters } from './rollout-look.ts';
import { isRecovering, type Recovery, readRecovery } from './rollout-recovery.ts';
import { reportRollout } from './rollout-report.ts';
import { readRevisions } from './rollout-revisions.ts';
import { readStanding } from './rollout-standing.ts';
import { type Undone, undoBump } from './rollout-undo.ts';

export type Undo = NonNullable<RolloutStatus['undo']>;

interface Seen {
  readonly automation: ImageUpdateAutomation;
  readonly writer: RolloutWriter;
  readonly standing: Standing;
  readonly look: ClusterLook | null;
  readonly rule: UnhealthyRule;
  readonly weighed: WeighedEvidence | null;
  readonly recovery: Recovery | null;
}

interface Plan extends PlanLike {
  readonly do: 'follow' | 'undo' | 'nothing';
  readonly seen: Seen | null;
  readonly joined: Joined;
  readonly undo: Undo | null;
}

/** What a run of a rollout came to. */
export interface RolloutDone {
  readonly joined: Joined;
  readonly undo: Undo | null;
  readonly rule: UnhealthyRule | null;
}

/** Follows one bump by facts alone: to health, or to failure and, where its guards say so, back. */
export function createRolloutReconciler(deps: RolloutDeps): Reconciler<Rollout, Seen | null, Plan, RolloutDone> {
  return {
    kind: rolloutKind,
    leavesNoFinalizer: true,
    observe: (rollout, context) => observe(rollout, context, deps),
    decide: (rollout, seen, now) => decide(rollout, seen, now),
    act: (plan, rollout, context) => act(plan, rollout, context, deps),
    report: reportRollout,
  };
}

async function observe(rollout: Rollout, context: StepContext, deps: RolloutDeps): Promise<Seen | null> {
  if (isEnded(rollout.status?.phase) && !isRecovering(rollout)) return null;
  const { namespace } = nameOf(rollout);
  const automation = deps.findAutomation({ namespace, name: rollout.spec.automation.name });
  if (automation === undefined) throw automationMissing(rollout);
  const writer = await deps.openWriter(automation, context);
  const policy = { namespace, name: rollout.spec.policy.name };
  const rule = deps.unhealthyRuleOf(policy);
  const base = { automation, writer, rule, weighed: null, look: null, recovery: null };
  if (isEnded(rollout.status?.phase))
    return { ...base, standing: { kind: 'stands' }, recovery: await readRecovery(rollout, rule, context, deps) };
  const head = await headOfBranch(writer.target.mirror, rollout.spec.branch);
  const standing = await readStanding(rollout, writer.target, head, deps.findPolicy(policy));
  if (standing.kind !== 'stands') return { ...base, standing };
  const revisions = readRevisions(writer.target.mirror, rollout.spec.commit);
  const { healthTimeoutMs } = rule;
  const look = await lookAtClusters({ rollout, writer, revisions, healthTimeoutMs, context, deps });
  const isFailing = look.facts.timedOut || look.facts.workloads.some(({ state }) => state === 'Failed');
  const weighed = isFailing ? await weighEvidence(rollout, look.live, context, deps) : null;
  return { ...base, standing, look, weighed };
}

function automationMissing({ spec, metadata }: Rollout): RolloutError {
  const message = `ImageUpdateAutomation ${formatKey({ namespace: metadata.namespace ?? '', name: spec.automation.name })} is not there; the bump cannot be followed without it`;
  return new RolloutError('AUTOMATION_MISSING', message, { reason: 'AutomationMissing', retry: { afterMs: 300_000 } });
}

function decide(rollout: Rollout, seen: Seen | null, now: Instant): Plan {
  const settled = rollout.status ?? {};
  if (seen === null)
    return {
      ...{ do: 'nothing', because: 'it has come to an end', seen },
      ...{ joined: { status: settled, entered: [] }, undo: settled.undo ?? null },
    };
  if (seen.recovery !== null) return decideRecovery(settled, seen, seen.recovery, now);
  const facts = seen.look?.facts ?? { fetched: false, reached: [], pending: [], workloads: [], timedOut: false };
  const joined = joinFacts(rollout, { ...facts, standing: seen.standing }, now);
  if (joined.status.phase !== 'Failed' || seen.weighed === null)
    return {
      do: 'follow',
      because: `it is ${joined.status.phase}`,
      seen,
      joined,
      undo: undoneBy(seen.standing, settled.undo ?? null, now),
    };
  if (isSettled(settled.undo)) return { do: 'follow', because: 'it is left to people', seen, joined, undo: settled.undo ?? null };
  const decision = decideUndo({ ...seen.weighed, ...seen.rule, ...ownership(rollout, seen, now) });
  return planUndo(decision, seen, joined, now);
}

/** Decisions that new facts do not change: people were told, and the next word is theirs. */
const final = new Set(['BreakerOpen', 'Conflict', 'BranchRefused', 'UndoneBefore', 'PreviousUnhealthy']);

function isSettled(undo: RolloutStatus['undo']): boolean {
  return undo?.decision === 'Done' || (undo?.decision === 'Withheld' && final.has(undo.reason));
}

function ownership({ spec }: Rollout, { writer, automation }: Seen, now: Instant): { isOwn: boolean; isSuspended: boolean } {
  return { isOwn: spec.writer === writer.style.automation, isSuspended: standingOf(automation, now).kind !== 'acts' };
}

function planUndo(decision: UndoDecision, seen: Seen, joined: Joined, now: Instant): Plan {
  const at = formatTime(now);
  if (decision.do === 'withhold') {
    const { reason, because } = decision;
    const known = { decision: 'Withheld' as const, reason, message: because, at };
    return { do: 'follow', because, seen, joined, undo: known };
  }
  const message = joined.status.phases?.at(-1)?.message ?? 'it failed';
  return { do: 'undo', because: message, seen, joined, undo: { decision: 'Pending', reason: 'Image', message, at } };
}

/** A bump that somebody else took back is none that we decide about any more. */
function undoneBy(standing: Standing, known: Undo | null, now: Instant): Undo | null {
  if (standing.kind !== 'rolled back') return known?.decision === 'Done' ? known : null;
  if (known?.decision === 'Done' && known.commit !== undefined) return known;
  const { by, commit, because, own } = standing;
  const who = by === '' ? {} : { by };
  return {
    ...{ decision: 'Done', reason: own ? 'Image' : 'ByOthers', message: because, at: formatTime(now) },
    ...who,
    ...(commit === null ? {} : { commit }),
  };
}

function decideRecovery(settled: RolloutStatus, seen: Seen, recovery: Recovery, now: Instant): Plan {
  const { undo } = settled;
  const joined = { status: settled, entered: [] };
  if (undo === undefined || recovery.kind === 'waiting')
    return { do: 'follow', because: 'the previous version is coming back', seen, joined, undo: undo ?? null };
  const reason = recovery.kind === 'recovered' ? 'Recovered' : 'StillUnhealthy';
  const phases = enter(settled.phases ?? [], { phase: 'RolledBack', reason, message: recovery.message }, now);
  const status = { ...settled, phases };
  return {
    do: 'follow',
    because: recovery.message,
    seen,
    joined: { status, entered: phases.slice(-1) },
    undo: { ...undo, reason },
  };
}

async function act(plan: Plan, rollout: Rollout, context: StepContext, deps: RolloutDeps): Promise<RolloutDone> {
  const { seen, joined, undo } = plan;
  const live = seen?.look?.live ?? [];
  deps.watches.follow(nameOf(rollout), live);
  const rule = seen?.rule ?? null;
  tellProgress(rollout, joined, deps);
  if (plan.do !== 'undo' || seen === null || undo === null) return { joined, undo, rule };
  // Written down before anything is pushed, so that others see it fail, and a restart knows what was under way.
  await context.recordStatus({ phase: joined.status.phase, phases: joined.status.phases, undo });
  const undone = await undoBump(rollout, seen.automation, seen.writer, plan.because, context, deps);
  return { joined, undo: concludeUndo(undo, undone, context.clock.now()), rule };
}

function tellProgress(rollout: Rollout, { status, entered }: Joined, deps: RolloutDeps): void {
  const outcomes = outcomesOf(rollout, entered);
  const hops = hopsOf(rollout, status, entered);
  if (outcomes.length + hops.length > 0) deps.onProgress({ namespace: nameOf(rollout).namespace, outcomes, hops });
}

function concludeUndo(pending: Undo, undone: Undone, now: Instant): Undo {
  const at = formatTime(now);
  switch (undone.kind) {
    case 'pushed':
      return { ...pending, decision: 'Done', at, commit: undone.commit, by: 'tagalong' };
    case 'undone already':
      return { ...pending, decision: 'Pending', at };
    case 'conflict':
      return { decision: 'Withheld', reason: 'Conflict', message: undone.because, at };
    case 'refused': {
      const offered = undone.request === null ? '' : `; it waits as ${undone.request}`;
      const message = `the branch refuses the commit that takes it back: ${undone.message}${offered}`;
      return { decision: 'Withheld', reason: 'BranchRefused', message, at };
    }
    default:
      return undone satisfies never;
  }
}
