import type { Clock } from '../../src/core/index.ts';

/** Sleeping moves its time on at once; its deadlines never come. */
export function stoppedClock(): Clock & { readonly slept: number[]; advance(ms: number): void } {
  let now = Date.UTC(2026, 0, 1);
  const slept: number[] = [];
  return {
    slept,
    advance: (ms) => {
      now += ms;
    },
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    schedule: () => () => {},
  };
}
