import type { Clock } from '../../../src/core/index.ts';

/** The real clock, but hours can be skipped: everything that was to happen in between happens now. */
export interface SkippingClock extends Clock {
  skip(ms: number): void;
}

interface Timer {
  readonly dueAt: number;
  readonly fire: () => void;
  handle: NodeJS.Timeout;
}

export function createSkippingClock(): SkippingClock {
  let skippedMs = 0;
  const timers = new Set<Timer>();
  const now = () => Date.now() + skippedMs;
  const arm = (timer: Timer) => {
    clearTimeout(timer.handle);
    timer.handle = setTimeout(timer.fire, Math.min(Math.max(0, timer.dueAt - now()), 2_147_483_647));
    timer.handle.unref();
  };
  const schedule = (ms: number, callback: () => void) => {
    const fire = () => {
      timers.delete(timer);
      callback();
    };
    const timer: Timer = { dueAt: now() + ms, fire, handle: setTimeout(() => {}, 0) };
    timers.add(timer);
    arm(timer);
    return () => {
      clearTimeout(timer.handle);
      timers.delete(timer);
    };
  };
  return {
    now,
    schedule,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const cancel = schedule(ms, resolve);
        const onAbort = () => {
          cancel();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    skip(ms) {
      skippedMs += ms;
      for (const timer of timers) arm(timer);
    },
  };
}
