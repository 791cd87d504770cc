import { expect, test } from 'vitest';
import { describeCounts, growthOf } from '../../bench/counts.ts';
import { growthThrough } from '../../bench/growth.ts';
import { figureOf } from '../../bench/measure.ts';
import { parseBenchOptions } from '../../bench/options.ts';
import { comparisonsOf } from '../../bench/scenario.ts';

test.for([
  { because: 'of an odd number the middle one is the median', values: [5, 1, 3], median: 3 },
  { because: 'of an even number the mean of the middle two is', values: [4, 1, 2, 9], median: 3 },
  { because: 'one value is its own median', values: [7], median: 7 },
])('$because', ({ values, median }) => {
  expect(figureOf('x', values)).toMatchObject({
    n: values.length,
    median,
    min: Math.min(...values),
    max: Math.max(...values),
  });
});

test.for([
  { because: 'what does not grow has exponent 0', medians: [4, 4, 4], exponent: 0 },
  { because: 'what is in proportion has exponent 1', medians: [10, 100, 1_000], exponent: 1 },
  { because: 'what grows by the square has exponent 2', medians: [1, 100, 10_000], exponent: 2 },
])('$because', ({ medians, exponent }) => {
  const figures = medians.map((median) => figureOf('x', [median]));
  expect(growthThrough('x', [10, 100, 1_000], figures).exponent).toBeCloseTo(exponent, 10);
});

test('a figure of the peer stands against ours of that name, and against the one that its name goes on from', () => {
  const ours = { figures: [figureOf('a chain', [10]), figureOf('a bump', [4])] };
  const peer = { figures: [figureOf('a chain', [300]), figureOf('a chain, with a flag', [50]), figureOf('a chainsaw', [1])] };
  expect(comparisonsOf(ours, peer).map(({ what, peer, ratio }) => [what, peer.what, ratio])).toEqual([
    ['a chain', 'a chain', 30],
    ['a chain', 'a chain, with a flag', 5],
  ]);
  expect(comparisonsOf(ours, null)).toEqual([]);
});

test('the CPU of a peer is compared by the round, its memory as it is', () => {
  const cost = (cpuSeconds: number, residentMiB: number) => ({ cpuSeconds, residentMiB, api: {}, registry: {} });
  const ours = { figures: [figureOf('a bump', [1, 1, 1, 1], 'ms', cost(2, 100)), figureOf('a start', [1])] };
  const peer = { figures: [figureOf('a bump', [3], 'ms', cost(5, 250)), figureOf('a start', [2], 'ms', cost(1, 1))] };
  expect(comparisonsOf(ours, peer).map(({ cpuRatio, memoryRatio }) => [cpuRatio, memoryRatio])).toEqual([
    [10, 2.5],
    [null, null],
  ]);
});

test('requests are told by what came between two counts', () => {
  expect(describeCounts(growthOf({ get: 2, list: 1 }, { get: 5, list: 1, apply: 1 }))).toBe('3 get, 1 apply');
  expect(describeCounts(growthOf({ get: 2 }, { get: 2 }))).toBe('none');
});

test('a word that is no scenario is named, with the scenarios there are', () => {
  expect(() => parseBenchOptions(['bumps'], {})).toThrow(/'bumps' is no scenario[\s\S]*\bbump\b/);
});

test('the quick form leaves the long scenarios out, unless they are asked for by name', () => {
  const names = (...words: string[]) => parseBenchOptions([...words, '--embedded'], {}).asked.map(({ name }) => name);
  expect(names('--quick')).not.toContain('many');
  expect(names('--quick', 'many')).toEqual(['many']);
  expect(names()).toContain('many');
});
