import { allowDowngradeAnnotation, type ImagePolicy, versionStyleOf } from '../api/index.ts';
import { type Edit, formatKey, keyOf } from '../core/index.ts';
import { decideDirection, type HoldAnswer } from '../hold/index.ts';
import { compileTagPolicy, orderTags, passesPolicy } from '../select/index.ts';
import type { LocalHolds } from './local-holds.ts';
import type { EditVerdict, JudgedEdit, WantedEdit } from './plan-folder.ts';
import type { Placed } from './update-resources.ts';

/** Whether each edit may be written: by its direction, then by the history of its file. */
export async function judgeEdits(
  edits: readonly WantedEdit[],
  policies: readonly Placed<ImagePolicy>[],
  holds: Pick<LocalHolds, 'check'>,
): Promise<JudgedEdit[]> {
  const facts = new Map(policies.map(({ object }) => [keyOf(object), factsOf(object)] as const));
  const judged: JudgedEdit[] = [];
  for (const wanted of edits) {
    const known = facts.get(formatKey(wanted.edit.marker.policy)) ?? unknownPolicy;
    judged.push({ edit: wanted.edit, verdict: await judge(wanted, known, holds) });
  }
  return judged;
}

async function judge({ edit, scopes }: WantedEdit, facts: Facts, holds: Pick<LocalHolds, 'check'>): Promise<EditVerdict> {
  const { marker, before, after } = edit;
  const direction = decideDirection({ part: marker.part, current: before, selected: after, ...facts });
  if (!direction.write) return { kind: 'refused', because: direction.because };
  if (scopes.some(({ ignoresHolds }) => ignoresHolds)) return { kind: 'write' };
  const answer = await holds.check(edit, facts.orderTags);
  return scopes.some(({ releases }) => isReleased(answer, edit, releases)) ? { kind: 'write' } : describeAnswer(answer);
}

function isReleased(answer: HoldAnswer, { marker }: Edit, releases: WantedEdit['scopes'][number]['releases']): boolean {
  if (answer.kind === 'free') return true;
  return releases(answer.kind === 'held' ? answer.hold : { policy: marker.policy, by: null });
}

function describeAnswer(answer: HoldAnswer): EditVerdict {
  if (answer.kind === 'held') return { kind: 'held', because: answer.hold.because, hold: answer.hold };
  return answer.kind === 'free' ? { kind: 'write' } : { kind: 'unreadable', because: answer.because };
}

type Facts = Pick<Parameters<typeof decideDirection>[0], 'orderTags' | 'passesPolicy' | 'allowDowngrade'>;

const unknownPolicy: Facts = { orderTags: () => 'unordered', passesPolicy: () => false, allowDowngrade: false };

function factsOf({ spec, metadata }: ImagePolicy): Facts {
  const compiled = compileTagPolicy(spec, versionStyleOf(metadata.annotations));
  const policy = compiled.kind === 'compiled' ? compiled.policy : null;
  return {
    orderTags: (a, b) => (policy === null ? 'unordered' : orderTags(policy, a, b)),
    passesPolicy: (tag) => policy !== null && passesPolicy(policy, tag),
    allowDowngrade: metadata.annotations?.[allowDowngradeAnnotation] === 'true',
  };
}
