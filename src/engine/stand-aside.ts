import { activePause, describePause, roleAnnotation } from '../api/index.ts';
import { type Instant, type KubeObject, type PlanLike, parseDurationMs, type Report } from '../core/index.ts';
import type { StatusDraft } from './status-draft.ts';

/** What an object's owner asked of everything that writes for it; the kinds know nothing of it. */
export type Standing =
  | { readonly kind: 'acts' }
  /** Nothing until somebody resumes it. */
  | { readonly kind: 'suspended' }
  /** Nothing until that moment; `message` says until when and why. */
  | { readonly kind: 'paused'; readonly untilMs: Instant; readonly message: string }
  /** It is planned and told, not done. */
  | { readonly kind: 'observes' };

/** Suspended goes before paused, and paused before observing. */
export function standingOf(object: KubeObject, now: Instant): Standing {
  if ((object['spec'] as { suspend?: boolean } | undefined)?.suspend === true) return { kind: 'suspended' };
  const pause = activePause(object, now);
  if (pause !== null) return { kind: 'paused', untilMs: pause.untilMs, message: describePause(pause) };
  return object.metadata.annotations?.[roleAnnotation] === 'observer' ? { kind: 'observes' } : { kind: 'acts' };
}

/** Says on the object how it stands; a condition that is over goes with the next write. */
export function markStanding(draft: StatusDraft, standing: Standing): void {
  if (standing.kind === 'paused') draft.set({ type: 'Paused', status: 'True', reason: 'Paused', message: standing.message });
  const gone = standing.kind === 'paused' ? ['Observing'] : ['Paused', 'Observing'];
  for (const type of gone) if (draft.condition(type) !== undefined) draft.remove(type);
}

/** What a run says that ended at its plan. The next comes at the object's interval. */
export function reportObserved({ spec }: KubeObject, plan: PlanLike): Report {
  const message = describeIntent(plan);
  return {
    ready: { status: 'True', reason: 'Observed', message: `observing only; ${message}` },
    outcome: 'done',
    conditions: [{ type: 'Observing', status: 'True', reason: 'Observer', message }],
    next: nextLook(spec),
  };
}

/** What a plan comes to, of one who does not act on it. */
export function describeIntent(plan: PlanLike): string {
  return plan.do === 'nothing' ? plan.because : `would ${plan.do}: ${plan.because}`;
}

/** Who only observes looks again at the object's interval. */
export function nextLook(spec: unknown): Exclude<Report['next'], string> {
  const { interval = '' } = (spec ?? {}) as { interval?: string };
  return { afterMs: parseDurationMs(interval) ?? hourMs, jitter: true };
}

const hourMs = 3_600_000;
