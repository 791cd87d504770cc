import type { Rollout, RolloutPhase, RolloutStatus } from '../api/index.ts';
import { formatTime, type Instant } from '../core/index.ts';

export type PhaseEntry = NonNullable<RolloutStatus['phases']>[number];

/** Ends from which nothing leads on. */
export function isEnded(phase: RolloutPhase | undefined): boolean {
  return phase === 'RolledBack' || phase === 'Superseded';
}

/** Whether a bump has landed and nobody knows yet if it is good: what counts against `limits.maxConcurrentRollouts`. */
export function isUnderWay({ status }: Rollout): boolean {
  const phase = status?.phase;
  return phase === undefined || phase === 'Committed' || phase === 'Fetched' || phase === 'Applied';
}

/** The last time a phase was entered; null where it never was. */
export function enteredAt({ status }: Pick<Rollout, 'status'>, phase: RolloutPhase): Instant | null {
  const entry = status?.phases?.findLast((one) => one.phase === phase);
  return entry === undefined ? null : Date.parse(entry.at);
}

/** The history that every rollout begins with: what was known when it landed. */
export function firstPhases({ spec }: Pick<Rollout, 'spec'>): PhaseEntry[] {
  const { selectedAt, waited = [], committedAt, commit } = spec;
  return [
    ...(selectedAt === undefined
      ? []
      : [{ phase: 'Selected' as const, at: selectedAt, message: `the policy picked ${spec.image.tag}` }]),
    ...waited.map(({ reason, message, from }) => ({ phase: 'Waiting' as const, at: from, reason, message })),
    { phase: 'Committed', at: committedAt, message: `commit ${commit.slice(0, 7)} to ${spec.branch}` },
  ];
}

/** The history with a phase entered now, unless it is where it stands already; a new message replaces the old one. */
export function enter(phases: readonly PhaseEntry[], entry: Omit<PhaseEntry, 'at'>, now: Instant): PhaseEntry[] {
  const last = phases.at(-1);
  if (last?.phase !== entry.phase) return [...phases, { ...entry, at: formatTime(now) }].slice(-historyAtMost);
  if (last.message === entry.message && last.reason === entry.reason) return [...phases];
  return [...phases.slice(0, -1), { ...entry, at: last.at }];
}

/** One that flaps must not outgrow its object. */
const historyAtMost = 64;
