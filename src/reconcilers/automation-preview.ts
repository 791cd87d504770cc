import { type ImageUpdateAutomation, pullRequestAnnotation } from '../api/index.ts';
import { type Difference, nameOf, type StepContext } from '../core/index.ts';
import { describeHold } from '../hold/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import type { AutomationLook, Verdict } from './automation-look.ts';
import { planUnsigned } from './automation-rebuild.ts';
import type { AutomationSeen } from './automation-seen.ts';
import { sourceOf } from './automation-source.ts';

/** Makes what would be committed now, in the mirror alone, and tells of it. */
export async function tellPlanned(
  resource: ImageUpdateAutomation,
  { look, order, target }: AutomationSeen,
  context: StepContext,
  onPlanned: NonNullable<AutomationDeps['onPlanned']>,
): Promise<void> {
  const writes = look.verdicts.filter((verdict) => verdict.kind === 'write');
  const last = (await planUnsigned(order, writes, look, context)).at(-1);
  if (last === undefined) return;
  const byRequest = resource.metadata.annotations?.[pullRequestAnnotation] === 'true';
  const names = { automation: nameOf(resource), source: sourceOf(resource), branch: target.branch };
  onPlanned({ ...names, byRequest, mirror: target.mirror, head: look.head, commit: last.oid });
}

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
