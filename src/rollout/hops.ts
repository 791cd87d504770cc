import type { Rollout, RolloutStatus } from '../api/index.ts';
import type { PhaseEntry } from './phases.ts';

/** How long one step of a bump took. */
export interface Hop {
  readonly hop: 'seen to selected' | 'selected to committed' | 'committed to applied' | 'applied to healthy' | 'seen to healthy';
  readonly seconds: number;
}

/** The steps that ended with these phases; one whose beginning is not known, or that was taken before, is left out. */
export function hopsOf({ spec, status }: Rollout, after: RolloutStatus, entered: readonly PhaseEntry[]): Hop[] {
  const isFirstLook = status?.phases === undefined;
  const isNew = (phase: string) =>
    entered.some((entry) => entry.phase === phase) && status?.phases?.some((entry) => entry.phase === phase) !== true;
  const timeOf = (phase: string) => after.phases?.find((entry) => entry.phase === phase)?.at;
  const { seenAt, selectedAt, committedAt } = spec;
  return [
    ...(isFirstLook ? hop('seen to selected', seenAt, selectedAt) : []),
    ...(isFirstLook ? hop('selected to committed', selectedAt, committedAt) : []),
    ...(isNew('Applied') ? hop('committed to applied', committedAt, timeOf('Applied')) : []),
    ...(isNew('Healthy') ? hop('applied to healthy', timeOf('Applied'), timeOf('Healthy')) : []),
    ...(isNew('Healthy') ? hop('seen to healthy', seenAt ?? selectedAt, timeOf('Healthy')) : []),
  ];
}

function hop(name: Hop['hop'], from: string | undefined, to: string | undefined): Hop[] {
  const seconds = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1000;
  return Number.isNaN(seconds) || seconds < 0 ? [] : [{ hop: name, seconds }];
}

/** The phases among these that are an outcome, each once in a rollout's life. */
export function outcomesOf({ status }: Rollout, entered: readonly PhaseEntry[]): PhaseEntry['phase'][] {
  const before = new Set(status?.phases?.map(({ phase }) => phase));
  return entered.map(({ phase }) => phase).filter((phase) => outcomes.has(phase) && !before.has(phase));
}

const outcomes = new Set(['Healthy', 'Failed', 'Unproven', 'RolledBack', 'Superseded']);
