import type { Clock, Instant } from '../core/index.ts';

/**
 * A call waits this long for a host itself. What takes longer is told, and left to whoever plans the next call: a deadline may be hours away,
 * and until then nobody would know.
 */
export const longestPauseMs = 10_000;

/** How much one host is asked at a time and in a second, shared by everybody in the process who asks it. */
export interface HostBudget {
  /** How long the host still wants to be left alone, in milliseconds. */
  pausedMs(): number;
  /** Nobody asks the host before this long from now; a shorter pause never cuts a longer one. */
  pause(ms: number): void;
  /** Runs the task when one of the slots is free, in the order asked. Rejects with the signal's reason while it waits. */
  withSlot<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export interface HostLimits {
  /** Requests at a time. */
  readonly concurrency: number;
  /** Requests in a second, over time; as many may go out at once after a rest. */
  readonly perSecond: number;
}

export function createHostBudget(clock: Clock, { concurrency, perSecond }: HostLimits): HostBudget {
  const waiting = new Set<() => void>();
  const pace = createPace(clock, perSecond);
  let free = concurrency;
  let pausedUntil: Instant = 0;
  const release = () => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  return {
    pausedMs: () => Math.max(0, pausedUntil - clock.now()),
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, clock.now() + ms);
    },
    withSlot: async (signal, task) => {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await waitForTurn(waiting, signal);
      try {
        await pace(signal);
        return await task();
      } finally {
        release();
      }
    },
  };
}

/** Lets a second's worth of requests through at once, and after that one each time its share of a second has passed. */
function createPace(clock: Clock, perSecond: number): (signal: AbortSignal) => Promise<void> {
  const shareMs = 1000 / perSecond;
  let nextAt: Instant = 0;
  return async (signal) => {
    const now = clock.now();
    nextAt = Math.max(nextAt, now - 1000 + shareMs);
    const waitMs = nextAt - now;
    nextAt += shareMs;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  };
}

/** The slot passes straight from the one who releases it to the first in the queue. */
function waitForTurn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      waiting.delete(turn);
      reject(signal.reason);
    };
    const turn = () => {
      waiting.delete(turn);
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    waiting.add(turn);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
