export interface WatchTimes {
  /** The server is asked to end a watch after a random time in this range, so that watches do not all return at once. */
  readonly minMs: number;
  readonly maxMs: number;
  /** A connection this long without an event or a bookmark (servers send one each minute) is taken for dead. */
  readonly idleMs: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export const watchTimes: WatchTimes = { minMs: 300_000, maxMs: 600_000, idleMs: 150_000, backoffMs: 200, maxBackoffMs: 30_000 };

/** The wait after this many failures in a row: doubling up to the cap, and jittered, so that watches do not all return at once. */
export function backoffMs({ backoffMs: base, maxBackoffMs }: WatchTimes, failures: number): number {
  return Math.min(maxBackoffMs, base * 2 ** failures) * (0.5 + Math.random() / 2);
}
