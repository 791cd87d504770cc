import type { Instant } from '../core/index.ts';

/** The clock on a wall somewhere. A wall time is written as the instant at which a clock in UTC shows the same. */
export interface Zone {
  readonly name: string;
  /** What the wall shows. */
  wallAt(instant: Instant): number;
}

/** Null where nobody knows a zone of that name. */
export function findZone(name: string): Zone | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { ...shown, timeZone: name });
  } catch {
    return null;
  }
  return { name, wallAt: (instant) => readWall(format, instant) };
}

/**
 * The instant at which the wall shows `wall`. Where a clock change leaves it out, the first instant after the change; where it comes
 * twice, the first of the two.
 */
export function instantOf(zone: Zone, wall: number): Instant {
  const before = wall - offsetAt(zone, wall - halfDayMs);
  const after = wall - offsetAt(zone, wall + halfDayMs);
  const [early, late] = before <= after ? [before, after] : [after, before];
  if (zone.wallAt(early) === wall) return early;
  if (zone.wallAt(late) === wall) return late;
  return findChange(zone, early, late);
}

const shown = {
  calendar: 'iso8601',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;

const halfDayMs = 12 * 3_600_000;

function offsetAt(zone: Zone, instant: Instant): number {
  return zone.wallAt(instant) - instant;
}

function readWall(format: Intl.DateTimeFormat, instant: Instant): number {
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const milliseconds = ((instant % 1000) + 1000) % 1000;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) + milliseconds;
}

/** The first instant with the offset that holds at `late`. */
function findChange(zone: Zone, early: Instant, late: Instant): Instant {
  const offset = offsetAt(zone, late);
  let [from, to] = [early - 1, late];
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (offsetAt(zone, middle) === offset) to = middle;
    else from = middle;
  }
  return to;
}
