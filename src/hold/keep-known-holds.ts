import { formatKey, type Hold, type Marker } from '../core/index.ts';
import type { HoldAnswer } from './create-hold-finder.ts';

/**
 * A hold that status knows is kept as long as history cannot answer: it cannot be read, or it was rewritten so that nothing in it ever
 * touched the value. A commit that freed the value, or another hold, is an answer.
 */
export function keepKnownHold(
  known: readonly Hold[],
  question: { marker: Marker; newValue: string },
  answer: HoldAnswer,
): HoldAnswer {
  if (answer.kind === 'held' || (answer.kind === 'free' && answer.decidedBy !== null)) return answer;
  const hold = known.find((candidate) => isSameUnit(candidate, question.marker) && candidate.value === question.newValue);
  return hold ? { kind: 'held', hold: { ...hold, current: question.marker.value } } : answer;
}

function isSameUnit(hold: Hold, marker: Marker): boolean {
  return (
    hold.file === marker.file &&
    hold.path === marker.path &&
    hold.part === marker.part &&
    formatKey(hold.policy) === formatKey(marker.policy) &&
    hold.object.kind === marker.object.kind &&
    hold.object.namespace === marker.object.namespace &&
    hold.object.name === marker.object.name
  );
}
