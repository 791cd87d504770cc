import { type Instant, parseDurationMs } from '../core/index.ts';
import { type Cron, dayMs, minuteMs, parseCron } from './cron.ts';
import { findZone, instantOf, type Zone } from './zone.ts';

/** A stretch of time that opens again and again. */
export interface Window {
  readonly cron: Cron;
  readonly zone: Zone;
  readonly durationMs: number;
  /** As the guard has it, for messages. */
  readonly text: string;
}

export interface Stretch {
  readonly from: Instant;
  /** The first instant after it. */
  readonly to: Instant;
}

export type CompiledWindow =
  | { readonly kind: 'window'; readonly window: Window }
  /** With every mistake. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

interface WindowSpec {
  readonly cron: string;
  readonly duration: string;
  readonly timeZone?: string | undefined;
}

/** Refuses what can never be open: no cron, an unknown zone, no minutes. */
export function compileWindow({ cron: text, duration, timeZone = 'UTC' }: WindowSpec): CompiledWindow {
  const parsed = parseCron(text);
  const zone = findZone(timeZone);
  const durationMs = parseDurationMs(duration) ?? 0;
  const problems = [
    ...(parsed.kind === 'invalid' ? [parsed.because] : []),
    ...(zone === null ? [`${JSON.stringify(timeZone)} is no time zone that is known`] : []),
    ...(durationMs > 0 ? [] : [`a window of ${JSON.stringify(duration)} is never open`]),
  ];
  if (parsed.kind === 'invalid' || zone === null || problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'window', window: { cron: parsed.cron, zone, durationMs, text: `${text} for ${duration} (${timeZone})` } };
}

/** Leap days come back after eight years at the most. */
const longestSearchDays = 9 * 366;

/** The stretch that is open at `now`, or null. */
export function openStretch(window: Window, now: Instant): Stretch | null {
  let open: Stretch | null = null;
  for (const from of startsBetween(window, now - window.durationMs + 1, now + 1)) open = { from, to: from + window.durationMs };
  return open;
}

/** The next start after `now`, or null where none comes in the next years. */
export function nextStart(window: Window, now: Instant): Instant | null {
  for (const start of startsBetween(window, now + 1, now + longestSearchDays * dayMs)) return start;
  return null;
}

/** Every start in [from, to), in order; each minute of a wall starts once, also where the wall shows it twice or never. */
export function* startsBetween({ cron, zone }: Window, from: Instant, to: Instant): Generator<Instant> {
  let last = Number.NEGATIVE_INFINITY;
  for (let day = midnightOf(zone.wallAt(from)) - dayMs; day <= zone.wallAt(to) + dayMs; day += dayMs) {
    if (!cron.matchesDay(day)) continue;
    for (const start of startsOn(day, cron, zone)) {
      if (start <= last || start < from) continue;
      if (start >= to) break;
      last = start;
      yield start;
    }
  }
}

/** Most days have one offset from beginning to end: then no minute has to be looked up by itself. */
function* startsOn(day: number, { minutesOfDay }: Cron, zone: Zone): Generator<Instant> {
  const [begins, ends] = [instantOf(zone, day - dayMs / 2), instantOf(zone, day + 1.5 * dayMs)];
  const isPlain = ends - begins === 2 * dayMs;
  for (const minute of minutesOfDay) {
    yield isPlain ? begins + dayMs / 2 + minute * minuteMs : instantOf(zone, day + minute * minuteMs);
  }
}

function midnightOf(wall: number): number {
  return Math.floor(wall / dayMs) * dayMs;
}
