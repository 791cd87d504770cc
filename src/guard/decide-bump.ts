import { formatDuration, formatTime, type Instant, type NamespacedName } from '../core/index.ts';
import type { Guard } from './compile-guard.ts';
import { findHoldEntry } from './find-hold-entry.ts';
import { type GuardReason, refuse, waitFor } from './guard-reason.ts';
import { nextStart, openStretch } from './window.ts';

/** A bump that somebody wants to land. */
export interface Bump {
  readonly policy: NamespacedName;
  readonly tag: string;
  /** What the tag points at; null where nobody asked, or it could not be found out. */
  readonly digest: string | null;
  /** When this digest was first seen at this tag; null where that is not known. */
  readonly firstSeenAt: Instant | null;
}

/** Every reason that one guard has by itself, from what the clock and the bump say. Pure; what has to be asked of others is asked elsewhere. */
export function decideBump(guard: Guard, bump: Bump, now: Instant): GuardReason[] {
  return [
    ...checkFreezes(guard, now),
    ...checkWindows(guard, now),
    ...checkSoak(guard, bump, now),
    ...checkHolds(guard, bump, now),
  ];
}

function checkFreezes({ name, freezes }: Guard, now: Instant): GuardReason[] {
  return freezes
    .filter(({ from, to }) => from <= now && now < to)
    .map(({ to, reason }) => {
      const because = reason === '' ? '' : `: ${reason}`;
      return waitFor(name, 'Frozen', `frozen until ${formatTime(to)}${because}`, { until: to });
    });
}

function checkWindows({ name, windows }: Guard, now: Instant): GuardReason[] {
  if (windows.length === 0 || windows.some((window) => openStretch(window, now) !== null)) return [];
  const next = windows.flatMap((window) => nextStart(window, now) ?? []).toSorted((a, b) => a - b)[0];
  if (next === undefined) return [refuse(name, 'OutsideWindow', 'outside its windows, none of which comes again')];
  return [waitFor(name, 'OutsideWindow', `outside its windows; the next opens at ${formatTime(next)}`, { until: next })];
}

function checkSoak({ name, soakMs, spec }: Guard, { tag, firstSeenAt }: Bump, now: Instant): GuardReason[] {
  if (soakMs === 0) return [];
  if (firstSeenAt === null)
    return [waitFor(name, 'DigestUnknown', `soaks ${spec.soak}, and what ${tag} points at is not known yet`)];
  // A clock that was set back must not make an image older than it is.
  const until = Math.min(firstSeenAt, now) + soakMs;
  if (until <= now) return [];
  const message = `soaks ${formatDuration(soakMs)}: first seen at ${formatTime(Math.min(firstSeenAt, now))}, ready at ${formatTime(until)}`;
  return [waitFor(name, 'Soaking', message, { until })];
}

function checkHolds({ name, spec }: Guard, bump: Bump, now: Instant): GuardReason[] {
  const entry = findHoldEntry(spec.holds ?? [], name.namespace, bump, now);
  if (entry === null) return [];
  if (entry.kind === 'unknown')
    return [
      waitFor(name, 'DigestUnknown', `holds digests of ${bump.policy.name}, and what ${bump.tag} points at is not known yet`),
    ];
  const { by = 'somebody', reason, until } = entry.hold;
  const end = until === undefined ? null : Date.parse(until);
  const message = `held by ${by}${reason === undefined ? '' : `: ${reason}`}${end === null ? '' : ` (until ${formatTime(end)})`}`;
  return [end === null ? refuse(name, 'Held', message) : waitFor(name, 'Held', message, { until: end })];
}
