import type { Instant } from '../core/index.ts';
import { cleanLine } from './clean-text.ts';
import type { Paint } from './paint.ts';
import type { Hop, HopKind } from './timeline-hop.ts';

const colours: Readonly<Record<HopKind, keyof Paint>> = {
  'tag seen': 'accent',
  selected: 'accent',
  committed: 'accent',
  stored: 'accent',
  changed: 'accent',
  applied: 'accent',
  healthy: 'good',
  held: 'warn',
  released: 'good',
  drift: 'warn',
  failed: 'bad',
};

/** `12:00:01.250   +0.41s  selected   ImagePolicy apps/web  1.0.0 → …`. */
export function formatHop({ at, kind, subject, text, sinceMs }: Hop, paint: Paint): string {
  const since = (sinceMs === null ? '' : `+${(sinceMs / 1000).toFixed(2)}s`).padStart(9);
  return `${paint.faint(formatTimeOfDay(at))} ${since}  ${paint[colours[kind]](kind.padEnd(9))}  ${cleanLine(subject)}  ${cleanLine(text)}`;
}

/** In UTC, as everything in a cluster. */
function formatTimeOfDay(at: Instant): string {
  return new Date(at).toISOString().slice(11, 23);
}
