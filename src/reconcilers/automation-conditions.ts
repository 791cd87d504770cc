import type { NewCondition } from '../api/index.ts';
import type { Marker } from '../core/index.ts';
import { describeHold, describeUnreadable } from '../hold/index.ts';
import type { AutomationLook } from './automation-look.ts';

/** Enough for a person; the rest is counted. */
const shownAtMost = 50;

/** The condition that says what is held and who took it back; null when nothing is. One line a marker. */
export function describeHeld(look: AutomationLook): NewCondition | null {
  const holds = look.verdicts.flatMap((verdict) => (verdict.kind === 'held' ? [verdict.hold] : []));
  if (holds.length === 0) return null;
  return { type: 'Held', status: 'True', reason: 'Reverted', message: joinLines(holds.map(describeHold)) };
}

/** Further conditions: bumps that wait for another reason than a revert, and markers that have no effect. */
export function describeWaiting(look: AutomationLook): NewCondition[] {
  const conditions: NewCondition[] = [];
  const refused = linesOf(look, 'refused', ({ file, line }, because) => `${file}:${line}: ${because}`);
  const unreadable = linesOf(look, 'unreadable', describeUnreadable);
  if (unreadable.length > 0) {
    conditions.push({
      type: 'Guarded',
      status: 'True',
      reason: 'HistoryUnavailable',
      message: joinLines([...unreadable, ...refused]),
    });
  } else if (refused.length > 0) {
    conditions.push({ type: 'Guarded', status: 'True', reason: 'DowngradeRefused', message: joinLines(refused) });
  }
  const problems = look.problems.map(({ file, line, column, message }) => {
    return `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`;
  });
  if (problems.length > 0)
    conditions.push({ type: 'MarkersIgnored', status: 'True', reason: 'InvalidMarkers', message: joinLines(problems) });
  return conditions;
}

function linesOf(
  look: AutomationLook,
  kind: 'refused' | 'unreadable',
  describe: (marker: Marker, because: string) => string,
): string[] {
  return look.verdicts.flatMap((verdict) => (verdict.kind === kind ? [describe(verdict.marker, verdict.because)] : []));
}

function joinLines(lines: readonly string[]): string {
  const shown = lines.slice(0, shownAtMost);
  return [...shown, ...(lines.length > shown.length ? [`… and ${lines.length - shown.length} more`] : [])].join('\n');
}
