import type { Kustomization } from '../api/index.ts';
import { upsertHistory } from '../apply/index.ts';
import { type EventNote, formatDuration, type Instant, type ReadyState, type Report } from '../core/index.ts';
import type { KustomizationPlan } from './kustomization-plan.ts';
import type { RunDone } from './kustomization-run.ts';
import { intervalMsOf, retryMsOf } from './kustomization-spec.ts';
import { eventMetadata, historyMetadata } from './source-revision.ts';

type ApplyPlan = Extract<KustomizationPlan, { do: 'apply' }>;

/** Objects that are watched wake the wait themselves; this is for those that are not, and for rules that depend on time. */
const healthLookMs = 5_000;

/** What a run that came to an end says. */
export function reportKustomization(
  kustomization: Kustomization,
  plan: KustomizationPlan,
  done: RunDone | null,
  now: Instant,
): Report {
  switch (plan.do) {
    case 'wait':
      return reportWait(kustomization, plan);
    case 'stall':
      return { ready: { status: 'False', reason: plan.reason, message: plan.because }, outcome: 'stalled', next: 'never' };
    case 'ask source':
      return { ready: keptReady(kustomization), outcome: 'progressing', next: { afterMs: plan.afterMs } };
    case 'apply':
      return done === null ? reportNothing(kustomization) : reportApplied(kustomization, plan, done, now);
    default:
      return plan satisfies never;
  }
}

function reportWait(kustomization: Kustomization, plan: Extract<KustomizationPlan, { do: 'wait' }>): Report {
  const ready: ReadyState = { status: 'False', reason: plan.reason, message: plan.because };
  const before = kustomization.status?.conditions?.find(({ type }) => type === 'Ready');
  const isNews = before?.reason !== plan.reason || before.message !== plan.because;
  const message = `Dependencies do not meet ready condition: ${plan.because}`;
  const metadata = plan.of === undefined ? {} : { metadata: eventMetadata(plan.of) };
  const events: EventNote[] =
    isNews && plan.reason === 'DependencyNotReady' ? [{ type: 'Normal', reason: plan.reason, message, ...metadata }] : [];
  return { ready, outcome: 'retry', events, next: { afterMs: plan.afterMs } };
}

/** Nothing is known to be wrong: what was ready stays so. */
function keptReady({ status, metadata }: Kustomization): ReadyState {
  const before = status?.conditions?.find(({ type }) => type === 'Ready');
  if (before?.status === 'True' && status?.observedGeneration === metadata.generation)
    return { status: 'True', reason: before.reason, message: before.message };
  return progressing;
}

function reportNothing(kustomization: Kustomization): Report {
  return { ready: keptReady(kustomization), outcome: 'progressing', next: { afterMs: retryMsOf(kustomization) } };
}

function reportApplied(kustomization: Kustomization, plan: ApplyPlan, done: RunDone, now: Instant): Report {
  const status = { inventory: { entries: done.inventory }, lastAttemptedRevision: plan.of.revision };
  if (done.unconfirmed !== null) return reportUnconfirmed(kustomization, plan, { message: done.unconfirmed, status });
  if (done.stage !== null) return reportStage(kustomization, done.stage, status);
  if (done.health.state === 'waiting') return reportWaiting(kustomization, plan, { done, status });
  const message = `Applied revision: ${plan.of.revision}`;
  return {
    ready: { status: 'True', reason: 'ReconciliationSucceeded', message },
    outcome: 'done',
    ...healthCondition(kustomization, done),
    status: { ...status, ...appliedOf(plan), history: historyOf(kustomization, plan, now) },
    events: successEvents(kustomization, plan, { done, now }),
    next: { afterMs: intervalMsOf(kustomization), jitter: true },
  };
}

/** An origin that the artifact before had and this one has not is taken away. */
function appliedOf({ of }: ApplyPlan): Record<string, unknown> {
  return { lastAppliedRevision: of.revision, lastAppliedOriginRevision: of.originRevision ?? null };
}

/** The rest cannot be applied yet; what is waited for wakes the next run when it changes. */
function reportStage(
  kustomization: Kustomization,
  { remainingMs }: NonNullable<RunDone['stage']>,
  status: Record<string, unknown>,
): Report {
  const isApplied = kustomization.status?.lastAppliedRevision === status['lastAttemptedRevision'];
  const ready = isApplied ? keptReady(kustomization) : progressing;
  return { ready, outcome: 'progressing', status, next: { afterMs: Math.max(1, Math.min(remainingMs, healthLookMs)) } };
}

function reportUnconfirmed(
  kustomization: Kustomization,
  { of }: ApplyPlan,
  { message, status }: { message: string; status: Record<string, unknown> },
): Report {
  const before = kustomization.status?.conditions?.find(({ type }) => type === 'Ready');
  const note: EventNote = { type: 'Warning', reason: 'PruneUnconfirmed', message, metadata: eventMetadata(of) };
  return {
    ready: { status: 'False', reason: 'PruneUnconfirmed', message },
    outcome: 'retry',
    status,
    events: before?.message === message ? [] : [note],
    next: { afterMs: intervalMsOf(kustomization), jitter: true },
  };
}

function reportWaiting(
  kustomization: Kustomization,
  plan: ApplyPlan,
  { done, status }: { done: RunDone; status: Record<string, unknown> },
): Report {
  const healthy = { type: 'Healthy', status: 'Unknown', reason: 'Progressing', message: done.health.message } as const;
  return {
    ready: readyWhileWaiting(kustomization, plan),
    outcome: 'progressing',
    conditions: [healthy],
    status,
    next: { afterMs: Math.max(1, Math.min(done.health.remainingMs, healthLookMs)) },
  };
}

/** What failed at this revision stays failed until it is healthy: a look at it in between is no news. */
function readyWhileWaiting(kustomization: Kustomization, { of: { revision } }: ApplyPlan): ReadyState {
  const { status } = kustomization;
  const before = status?.conditions?.find(({ type }) => type === 'Ready');
  if (before?.reason === 'HealthCheckFailed' && status?.lastAttemptedRevision === revision)
    return { status: before.status, reason: before.reason, message: before.message };
  return status?.lastAppliedRevision === revision ? keptReady(kustomization) : progressing;
}

/** What Ready says of a revision that is neither applied nor refused yet. */
export const progressing: ReadyState = { status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' };

function healthCondition(kustomization: Kustomization, { health }: RunDone): Pick<Report, 'conditions' | 'remove'> {
  if (health.state === 'none') return { remove: ['Healthy'] };
  // A look that finds what it found before is no news, and would only move the time of the transition.
  return wasHealthy(kustomization)
    ? {}
    : { conditions: [{ type: 'Healthy', status: 'True', reason: 'Succeeded', message: health.message }] };
}

function wasHealthy({ status, metadata }: Kustomization): boolean {
  const before = status?.conditions?.find(({ type }) => type === 'Healthy');
  return before?.status === 'True' && before.observedGeneration === metadata.generation;
}

function historyOf({ status }: Kustomization, { build, of, startedAt }: ApplyPlan, now: Instant): unknown {
  const run = {
    digest: build.digest,
    status: 'ReconciliationSucceeded',
    durationMs: now - startedAt,
    at: now,
    metadata: historyMetadata(of),
  };
  return upsertHistory(status?.history ?? [], run);
}

/** News only: something changed, another revision, or the end of a failure. */
function successEvents(
  kustomization: Kustomization,
  { of, startedAt }: ApplyPlan,
  { done, now }: { done: RunDone; now: Instant },
): EventNote[] {
  const before = kustomization.status?.conditions?.find(({ type }) => type === 'Ready');
  const isNewRevision = kustomization.status?.lastAppliedRevision !== of.revision;
  if (!done.changed && !isNewRevision && before?.status === 'True') return [];
  const metadata = eventMetadata(of);
  const health: EventNote[] =
    done.health.state === 'healthy' && (!wasHealthy(kustomization) || (isNewRevision && done.changed))
      ? [{ type: 'Normal', reason: 'Progressing', message: done.health.message, metadata }]
      : [];
  const next = formatDuration(intervalMsOf(kustomization));
  return [
    ...health,
    {
      type: 'Normal',
      reason: 'ReconciliationSucceeded',
      message: `Reconciliation finished in ${formatDuration(now - startedAt)}, next run in ${next}`,
      metadata: { ...metadata, 'kustomize.toolkit.fluxcd.io/commit_status': 'update' },
    },
  ];
}
