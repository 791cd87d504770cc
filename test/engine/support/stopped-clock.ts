import type { Clock } from '../../../src/core/index.ts';

/** A clock that stands until it is advanced. */
export interface StoppedClock extends Clock {
  /** Fires what is due on the way, in order, and lets what that started settle. */
  advance(ms: number): Promise<void>;
}

export function createStoppedClock(start = 0): StoppedClock {
  let now = start;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    now: () => now,
    sleep: async () => {},
    schedule(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = Math.max(now, next.at);
        timers.delete(next);
        next.callback();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}

/** Lets every promise that can go on do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
