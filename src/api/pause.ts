import { pausedUntilAnnotation, pauseReasonAnnotation } from './annotation.ts';

/** A pause that somebody asked for. */
export interface Pause {
  /** Milliseconds since 1970; from then on it is over. */
  readonly untilMs: number;
  /** In the words of who paused; may be empty. */
  readonly reason: string;
}

interface Annotated {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> | undefined };
}

/** The pause that an object's annotations ask for, over or not; null where there is none, or where its end is no time. */
export function readPause({ metadata }: Annotated): Pause | null {
  const until = metadata.annotations?.[pausedUntilAnnotation];
  if (until === undefined || !isPauseEnd(until)) return null;
  return { untilMs: Date.parse(until), reason: metadata.annotations?.[pauseReasonAnnotation] ?? '' };
}

/** The pause that holds at `nowMs`. */
export function activePause(object: Annotated, nowMs: number): Pause | null {
  const pause = readPause(object);
  return pause !== null && nowMs < pause.untilMs ? pause : null;
}

/** `until 2026-11-22T22:00:00Z: release freeze`. */
export function describePause({ untilMs, reason }: Pause): string {
  const until = `until ${new Date(untilMs).toISOString().replace('.000Z', 'Z')}`;
  return reason === '' ? until : `${until}: ${reason}`;
}

/** Whether a text is a time with its zone: anything less would end at another moment on another machine. */
export function isPauseEnd(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text));
}
