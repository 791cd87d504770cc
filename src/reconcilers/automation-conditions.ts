import type { NewCondition } from '../api/index.ts';
import { formatKey, type Instant, type Marker, parseKey } from '../core/index.ts';
import { type GuardReason, wakeTimeOf } from '../guard/index.ts';
import { describeHold, describeUnreadable } from '../hold/index.ts';
import type { WaitingBump } from './automation-guards.ts';
import type { AutomationLook } from './automation-look.ts';

/** Enough for a person; the rest is counted. */
const shownAtMost = 50;

/** The condition that says what is held and who took it back; null when nothing is. One line a marker. */
export function describeHeld(look: AutomationLook): NewCondition | null {
  const holds = look.verdicts.flatMap((verdict) => (verdict.kind === 'held' ? [verdict.hold] : []));
  if (holds.length === 0) return null;
  return { type: 'Held', status: 'True', reason: 'Reverted', message: joinLines(holds.map(describeHold)) };
}

/** Why bumps wait, the first of these that there is gives the condition its reason. */
const waits = [
  { kind: 'unreadable', reason: 'HistoryUnavailable', describe: describeUnreadable },
  { kind: 'refused', reason: 'DowngradeRefused', describe: describeAt },
  { kind: 'grouped', reason: 'GroupWaits', describe: describeAt },
] as const;

/** What guards keep waiting, each policy once, with every reason that one of its markers has. */
export function waitingBumps(look: AutomationLook): WaitingBump[] {
  const guarded = look.verdicts.flatMap((verdict) =>
    verdict.kind === 'guarded' ? [{ policy: verdict.marker.policy, reasons: verdict.reasons }] : [],
  );
  const byPolicy = Map.groupBy([...guarded, ...look.unpinned], ({ policy }) => formatKey(policy));
  return [...byPolicy].map(([key, waiting]) => {
    const reasons = waiting.flatMap((one) => one.reasons);
    return { policy: parseKey(key), reasons: [...new Map(reasons.map((reason) => [describeReason(reason), reason])).values()] };
  });
}

/** When a bump that waits may land at the earliest: the next of those times, or null where something else will tell. */
export function nextOpening(look: AutomationLook): Instant | null {
  const times = waitingBumps(look).flatMap(({ reasons }) => wakeTimeOf(reasons) ?? []);
  return times.length === 0 ? null : Math.min(...times);
}

/** One line a policy: what waits, and everything that it waits for. */
function describeGuarded(look: AutomationLook): { readonly reason: string; readonly lines: readonly string[] }[] {
  const waiting = waitingBumps(look);
  const [first] = waiting.flatMap(({ reasons }) => reasons);
  if (first === undefined) return [];
  const lines = waiting.map(({ policy, reasons }) => {
    const edits = look.verdicts.filter(
      ({ kind, marker }) => kind === 'guarded' && formatKey(marker.policy) === formatKey(policy),
    );
    const wanted = [...new Set(edits.map(({ edit }) => edit.after))].join(', ');
    return `${wanted === '' ? 'every version' : wanted} of policy ${formatKey(policy)} waits: ${reasons.map(describeReason).join('; ')}`;
  });
  return [{ reason: first.reason, lines }];
}

function describeReason({ guard, message }: GuardReason): string {
  return guard === null ? message : `UpdateGuard ${formatKey(guard)}: ${message}`;
}

/** Further conditions: bumps that wait for another reason than a revert, and markers that have no effect. */
export function describeWaiting(look: AutomationLook): NewCondition[] {
  const found = [
    ...waits.flatMap(({ kind, reason, describe }) => {
      const lines = linesOf(look, kind, describe);
      return lines.length === 0 ? [] : [{ reason, lines }];
    }),
    ...describeGuarded(look),
  ];
  const [first] = found;
  const conditions: NewCondition[] = [];
  if (first !== undefined) {
    const message = joinLines(found.flatMap(({ lines }) => lines));
    conditions.push({ type: 'Guarded', status: 'True', reason: first.reason, message });
  }
  const problems = look.problems.map(({ file, line, column, message }) => {
    return `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`;
  });
  if (problems.length > 0)
    conditions.push({ type: 'MarkersIgnored', status: 'True', reason: 'InvalidMarkers', message: joinLines(problems) });
  return conditions;
}

function describeAt({ file, line }: Marker, because: string): string {
  return `${file}:${line}: ${because}`;
}

function linesOf(
  look: AutomationLook,
  kind: (typeof waits)[number]['kind'],
  describe: (marker: Marker, because: string) => string,
): string[] {
  return look.verdicts.flatMap((verdict) => (verdict.kind === kind ? [describe(verdict.marker, verdict.because)] : []));
}

/** One line each; the rest is counted. */
export function joinLines(lines: readonly string[]): string {
  const shown = lines.slice(0, shownAtMost);
  return [...shown, ...(lines.length > shown.length ? [`… and ${lines.length - shown.length} more`] : [])].join('\n');
}
