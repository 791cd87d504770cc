import { expect, test } from 'vitest';
import { judge } from './soak-judgement.ts';
import type { Sample } from './soak-samples.ts';

/** An hour, a sample each half minute; garbage sways by a third. */
function hour(difference: (minute: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 120 }, (_, index) => {
    const minute = index / 2;
    const calm = { handles: 60 + (index % 7), stateMiB: 5, looseObjects: 200, packs: 9, requestsPerBump: 20 };
    return { atMs: minute * 60_000, residentMiB: 150 + 50 * ((index % 5) / 5), ...calm, ...difference(minute) };
  });
}

test.for([
  { because: 'what sways is flat', grows: [], difference: () => ({}) },
  {
    because: 'what grows while it warms up is flat',
    grows: [],
    difference: (minute: number) => ({ residentMiB: 150 + Math.min(minute, 25) }),
  },
  {
    because: 'a MiB each minute is a leak',
    grows: ['resident MiB'],
    difference: (minute: number) => ({ residentMiB: 150 + minute }),
  },
  {
    because: 'a handle each three minutes is a leak',
    grows: ['file handles'],
    difference: (minute: number) => ({ handles: 60 + Math.floor(minute / 3) }),
  },
  {
    because: 'work that grows with what lies behind is told',
    grows: ['requests a bump'],
    difference: (minute: number) => ({ requestsPerBump: 10 + minute / 2 }),
  },
  {
    because: 'a mirror that nobody maintains is told',
    grows: ['loose objects at most'],
    difference: (minute: number) => ({ looseObjects: 240 * minute }),
  },
  {
    because: 'packs that nobody puts together are told',
    grows: ['packs at most'],
    difference: (minute: number) => ({ packs: Math.floor(minute) }),
  },
])('$because', ({ grows, difference }) => {
  const failed = judge(hour(difference)).filter(({ holds }) => !holds);
  expect(failed.map(({ what }) => what)).toEqual(grows);
});
