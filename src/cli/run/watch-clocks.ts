import { type Clock, formatDuration, type Instant, type Log } from '../../core/index.ts';

/** Compares this machine's clock with the one of the API server. */
export interface ClockWatch {
  /** What an answer of the API server said of its time; null where it said nothing. */
  see(serverTime: Instant | null): void;
  /** How far the server's clock is ahead; null before it told. */
  seconds(): number | null;
  /** A sentence where the two are apart. */
  notes(): readonly string[];
}

/** Answers tell whole seconds, and may be on their way for a while. */
const toleratedMs = 30_000;

/** Warns whenever the clocks are found apart anew: Leases do not mind, but windows, freezes, pauses and soaks are read by ours. */
export function watchClocks(clock: Pick<Clock, 'now'>, log: Log): ClockWatch {
  let differenceMs: number | null = null;
  let isTold = false;
  const isApart = () => Math.abs(differenceMs ?? 0) > toleratedMs;
  const describe = () => {
    const ms = differenceMs ?? 0;
    const apart = formatDuration(Math.round(Math.abs(ms) / 1000) * 1000);
    return `the clock of this machine is ${apart} ${ms > 0 ? 'behind' : 'ahead of'} the API server's`;
  };
  return {
    see(serverTime) {
      if (serverTime === null) return;
      differenceMs = serverTime - clock.now();
      if (isApart() && !isTold)
        log.warn('clocks are apart; windows, freezes, pauses and soaks are off by that', { found: describe() });
      isTold = isApart();
    },
    seconds: () => (differenceMs === null ? null : differenceMs / 1000),
    notes: () => (isApart() ? [describe()] : []),
  };
}
