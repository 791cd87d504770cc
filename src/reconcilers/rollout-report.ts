import type { Rollout, RolloutPhase, RolloutStatus } from '../api/index.ts';
import type { EventNote, Instant, PlanLike, ReadyState, Report } from '../core/index.ts';
import { enteredAt, type PhaseEntry } from '../rollout/index.ts';
import type { RolloutDone, Undo } from './rollout.ts';

const soonMs = 1000;
const activeMs = 30_000;
const steadyMs = 300_000;

/** What a finished run of a rollout says of itself: where it is, what is new, and when to look again where nothing tells. */
export function reportRollout(rollout: Rollout, _plan: PlanLike, { joined, undo, rule }: RolloutDone, now: Instant): Report {
  const { status, entered } = joined;
  const last = status.phases?.at(-1);
  const { phase, phases, workloads, digest = null, healthySince = null } = status;
  return {
    ready: readyOf(last, undo),
    outcome: phase === undefined || underWay.has(phase) ? 'progressing' : 'done',
    status: { phase, phases, workloads: workloads ?? null, digest, healthySince, undo: undo ?? null },
    events: [
      ...entered.flatMap((entry) => eventOf(rollout, entry, rule?.onUnhealthy === 'Ignore')),
      ...undoEvents(rollout, undo),
    ],
    next: nextOf(rollout, status, undo, rule?.healthTimeoutMs ?? steadyMs, now),
  };
}

const underWay = new Set<RolloutPhase>(['Selected', 'Waiting', 'Committed', 'Fetched', 'Applied']);

const states: Readonly<Record<RolloutPhase, ReadyState['status']>> = {
  Selected: 'Unknown',
  Waiting: 'Unknown',
  Committed: 'Unknown',
  Fetched: 'Unknown',
  Applied: 'Unknown',
  Healthy: 'True',
  Failed: 'False',
  Unproven: 'Unknown',
  RolledBack: 'False',
  Superseded: 'Unknown',
};

function readyOf(last: PhaseEntry | undefined, undo: Undo | null): ReadyState {
  const phase = last?.phase ?? 'Committed';
  const withheld = phase === 'Failed' && undo?.decision === 'Withheld' ? `; not taken back: ${undo.message}` : '';
  return { status: states[phase], reason: phase, message: `${last?.message ?? ''}${withheld}` };
}

const troubles = new Set<RolloutPhase>(['Failed', 'RolledBack']);

function eventOf({ spec }: Rollout, { phase, message = '' }: PhaseEntry, ignores: boolean): EventNote[] {
  if (ignores && phase === 'Failed') return [];
  const bump = `${spec.policy.name} ${spec.image.tag}`;
  const type = troubles.has(phase) ? 'Warning' : 'Normal';
  return [
    {
      type,
      reason: phase,
      message: `${bump}: ${message}`,
      metadata: { 'tagalong.dev/revision': `${spec.branch}@sha1:${spec.commit}` },
    },
  ];
}

/** Told once for each decision, and in words that say what people can do. */
function undoEvents({ spec, status }: Rollout, undo: Undo | null): EventNote[] {
  const before = status?.undo;
  if (undo === null || (before?.decision === undo.decision && before.reason === undo.reason)) return [];
  const bump = `${spec.policy.name} ${spec.image.tag}`;
  if (undo.decision === 'Withheld' && undo.reason === 'Ignore') return [];
  if (undo.decision === 'Withheld')
    return [
      {
        type: 'Warning',
        reason: 'RollbackWithheld',
        message: `${bump} failed and stays: ${undo.message}; \`tagalong rollback ${spec.policy.name}\` takes it back`,
      },
    ];
  if (undo.decision === 'Done' && undo.by === 'tagalong' && undo.reason === 'Image')
    return [
      { type: 'Warning', reason: 'TakenBack', message: `${bump} was taken back in ${undo.commit?.slice(0, 7)}: ${undo.message}` },
    ];
  return [];
}

function nextOf(
  rollout: Rollout,
  { phase }: RolloutStatus,
  undo: Undo | null,
  healthTimeoutMs: number,
  now: Instant,
): Report['next'] {
  const isOurs = undo?.decision === 'Done' && undo.reason === 'Image';
  if (phase === 'Failed' && undo !== null && undo.decision !== 'Withheld') return { afterMs: soonMs };
  if (phase === 'RolledBack') return isOurs ? { afterMs: soonMs * 5 } : 'never';
  if (phase === 'Superseded') return 'never';
  if (phase === 'Healthy' || phase === 'Unproven') return { afterMs: steadyMs };
  const start = enteredAt(rollout, 'Applied') ?? Date.parse(rollout.spec.committedAt);
  const untilLate = start + healthTimeoutMs - now;
  return { afterMs: untilLate > 0 ? Math.min(activeMs, untilLate + 50) : activeMs };
}
