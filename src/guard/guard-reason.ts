import type { Instant, NamespacedName } from '../core/index.ts';

/** What keeps a bump from landing, in one word for programs. */
export type GuardReasonCode =
  | 'OutsideWindow'
  | 'Frozen'
  | 'Soaking'
  | 'DigestUnknown'
  | 'NotSigned'
  | 'PlatformMissing'
  | 'Unchecked'
  | 'TagMarkerUnpinned'
  | 'RequirementUnmet'
  | 'GateClosed'
  | 'GateUnavailable'
  | 'LimitReached'
  | 'Held'
  | 'GuardInvalid'
  | 'GuardMissing'
  | 'GuardDeleted';

/** Why one guard keeps a bump from landing. */
export interface GuardReason {
  /** Null where no guard is there, and one is required. */
  readonly guard: NamespacedName | null;
  readonly reason: GuardReasonCode;
  readonly message: string;
  /** Wait: it lands when the reason is gone. Refuse: somebody has to change something first. */
  readonly decision: 'Wait' | 'Refuse';
  /** When the reason is gone at the earliest; null where that is not known. */
  readonly until: Instant | null;
  /** When it is worth looking again although nothing tells; null where something will tell. */
  readonly askAgainAt: Instant | null;
}

/** A reason that ends at a known time, or that something tells the end of. */
export function waitFor(
  guard: NamespacedName | null,
  reason: GuardReasonCode,
  message: string,
  times: { readonly until?: Instant | null; readonly askAgainAt?: Instant | null } = {},
): GuardReason {
  return { guard, reason, message, decision: 'Wait', until: times.until ?? null, askAgainAt: times.askAgainAt ?? null };
}

/** A reason that stays until somebody changes something. */
export function refuse(guard: NamespacedName | null, reason: GuardReasonCode, message: string): GuardReason {
  return { guard, reason, message, decision: 'Refuse', until: null, askAgainAt: null };
}

/** When to look again: not before each reason that has a time is gone; null where something else will tell. */
export function wakeTimeOf(reasons: readonly GuardReason[]): Instant | null {
  const times = reasons.flatMap(({ until, askAgainAt }) => until ?? askAgainAt ?? []);
  return times.length === 0 ? null : Math.max(...times);
}
