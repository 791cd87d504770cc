import type { Difference } from '../core/index.ts';
import { describeHold } from '../hold/index.ts';
import type { AutomationLook, Verdict } from './automation-look.ts';

/** What would be committed now, and what would be left although it was selected: another bot writes both. */
export function previewMarkers({ verdicts, withheld }: AutomationLook): readonly Difference[] {
  const waiting = withheld.map(({ marker, before, after }) => ({
    ...{ kind: 'hold' as const, subject: placeOf(marker) },
    message: `would leave ${before} and not write ${after}: another marker of its policy in this document may not be edited`,
  }));
  return [...verdicts.map(describeVerdict), ...waiting];
}

function describeVerdict(verdict: Verdict): Difference {
  const { before, after } = verdict.edit;
  const subject = placeOf(verdict.marker);
  if (verdict.kind === 'write') return { kind: 'edit', subject, message: `would write ${after} where ${before} stands` };
  return { kind: 'hold', subject, message: `would leave ${before} and not write ${after}: ${whyLeft(verdict)}` };
}

function whyLeft(verdict: Exclude<Verdict, { kind: 'write' }>): string {
  switch (verdict.kind) {
    case 'held':
      return describeHold(verdict.hold);
    case 'guarded':
      return verdict.reasons.map(({ message }) => message).join('; ');
    default:
      return verdict.because;
  }
}

function placeOf({ file, line }: Verdict['marker']): string {
  return `${file}:${line}`;
}
