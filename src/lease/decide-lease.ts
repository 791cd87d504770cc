import type { LeaseRecord } from './lease-record.ts';

/** What is known of a Lease. Both times are of this process's own steady clock: nobody else's clock is believed. */
export interface LeaseSight {
  /** Null: there is no such Lease. */
  readonly record: LeaseRecord | null;
  /** When this state of it was first seen here, in milliseconds. */
  readonly seenAtMs: number;
}

export type LeaseDecision =
  | { readonly do: 'create'; readonly because: string }
  | { readonly do: 'renew'; readonly because: string }
  | { readonly do: 'take'; readonly because: string }
  | { readonly do: 'wait'; readonly because: string; readonly holder: string; readonly untilMs: number };

/**
 * Whether `self` may write itself into a Lease. Somebody else's claim ends when that state was looked at for its whole duration
 * without a change, however its times read: clocks of two machines may differ by hours.
 */
export function decideLease({ record, seenAtMs }: LeaseSight, self: string, nowMs: number): LeaseDecision {
  if (record === null) return { do: 'create', because: 'there is no Lease yet' };
  if (record.holder === self) return { do: 'renew', because: 'it is ours' };
  if (record.holder === '') return { do: 'take', because: 'its last holder let go of it' };
  const untilMs = seenAtMs + record.durationMs;
  const { holder } = record;
  if (nowMs < untilMs) return { do: 'wait', because: `${holder} holds it`, holder, untilMs };
  return { do: 'take', because: `${holder} has not renewed it for ${record.durationMs / 1000} s` };
}

/** The record that `self` writes at `time` (RFC 3339). */
export function claimLease(before: LeaseRecord | null, self: string, durationMs: number, time: string): LeaseRecord {
  const isOurs = before !== null && before.holder === self;
  const transitions = before === null ? 0 : before.transitions + (isOurs ? 0 : 1);
  return { holder: self, durationMs, acquireTime: isOurs ? before.acquireTime : time, renewTime: time, transitions };
}

/** The record with which a holder lets go, so that others need not wait for it. */
export function releaseLease(before: LeaseRecord, time: string): LeaseRecord {
  return { ...before, holder: '', durationMs: 1000, acquireTime: time, renewTime: time };
}
