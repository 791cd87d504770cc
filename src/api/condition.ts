/** metav1.Condition as Flux writes it: `lastTransitionTime` moves with status, reason and message. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export type NewCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** When a condition is set (RFC 3339), and `metadata.generation` of the object at that moment. */
export interface ConditionMoment {
  readonly now: string;
  readonly generation: number;
}

const maxMessageBytes = 32_768;
const firstTypes: readonly string[] = ['Stalled', 'Reconciling', 'Ready'];
const opposites: Readonly<Record<string, string>> = { Reconciling: 'Stalled', Stalled: 'Reconciling' };

/**
 * The list with this condition in it, in the order of `sortConditions`. `lastTransitionTime` stays unless status, reason or message changed;
 * an over-long message is cut. Reconciling and Stalled exclude each other: setting one to True removes the other.
 */
export function setCondition(
  conditions: readonly Condition[],
  { type, status, reason, message }: NewCondition,
  { now, generation }: ConditionMoment,
): Condition[] {
  const before = conditions.find((condition) => condition.type === type);
  const next = { type, status, reason, message: cutMessage(message) };
  const lastTransitionTime = before !== undefined && isSameState(before, next) ? before.lastTransitionTime : now;
  const gone = status === 'True' ? opposites[type] : undefined;
  const others = conditions.filter((condition) => condition.type !== type && condition.type !== gone);
  return sortConditions([...others, { ...next, lastTransitionTime, observedGeneration: generation }]);
}

/** The list without the condition of this type. */
export function removeCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Stalled, Reconciling, Ready; then the rest, those of the highest generation first, then by type. */
export function sortConditions(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0) ||
      (a.type < b.type ? -1 : Number(a.type > b.type)),
  );
}

function isSameState(a: NewCondition, b: NewCondition): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message;
}

function rankOf({ type }: Condition): number {
  const rank = firstTypes.indexOf(type);
  return rank < 0 ? firstTypes.length : rank;
}

/** At most 32768 bytes of UTF-8, ending in `...` where it was longer; no character is split. */
function cutMessage(message: string): string {
  if (message.length * 3 <= maxMessageBytes) return message; // a UTF-16 unit takes three bytes at most
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= maxMessageBytes) return message;
  let end = maxMessageBytes - 3;
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1; // a continuation byte: its character does not fit
  return `${new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end))}...`;
}
