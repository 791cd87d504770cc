import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type MemoryUse, watchMemory } from '../../src/cli/run/watch-memory.ts';
import type { Log } from '../../src/core/index.ts';
import { createStoppedClock } from '../engine/support/stopped-clock.ts';

const mebibyte = 2 ** 20;

/** A watch over memory that the test fills: what is garbage goes with the next collection. */
function startWatch() {
  const clock = createStoppedClock(1_000_000);
  const memory = { heap: 100, garbage: 0, resident: 150, limit: Number.POSITIVE_INFINITY, collections: 0 };
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) } as unknown as Log;
  const read = (): MemoryUse => ({
    heapBytes: (memory.heap + memory.garbage) * mebibyte,
    heapLimitBytes: 500 * mebibyte,
    residentBytes: (memory.resident + memory.garbage) * mebibyte,
    limitBytes: memory.limit * mebibyte,
  });
  const collect = () => {
    memory.garbage = 0;
    memory.collections += 1;
  };
  const watch = watchMemory({ clock, log, collect, read });
  const told: boolean[] = [];
  watch.subscribe((enough) => told.push(enough));
  return { clock, memory, watch, told, said };
}

test('far from its limits it collects nothing and says nothing', async () => {
  const { clock, memory, watch, said } = startWatch();
  await clock.advance(60_000);
  expect([watch.isEnough(), memory.collections, said]).toEqual([true, 0, []]);
});

test('garbage is no shortage: it is collected, at most every ten seconds', async () => {
  const { clock, memory, watch } = startWatch();
  for (let second = 0; second < 20; second += 1) {
    memory.garbage = 330;
    await clock.advance(1000);
  }
  expect([watch.isEnough(), memory.collections]).toEqual([true, 2]);
});

test('a heap that fills up again right after a collection is not waited for', async () => {
  const { clock, memory, watch } = startWatch();
  memory.garbage = 350;
  await clock.advance(1000);
  memory.heap = 460;
  await clock.advance(1000);
  expect([watch.isEnough(), memory.collections]).toEqual([false, 1]);
});

test.for([
  { because: 'a heap near its limit', change: { heap: 420 } },
  { because: 'a process near the limit of its container', change: { resident: 420, limit: 512 } },
])('$because is told, and that it has passed', async ({ change }) => {
  const { clock, memory, watch, told, said } = startWatch();
  Object.assign(memory, change);
  await clock.advance(1000);
  expect([watch.isEnough(), told]).toEqual([false, [false]]);
  Object.assign(memory, { heap: 200, resident: 250 });
  await clock.advance(1000);
  expect([watch.isEnough(), told]).toEqual([true, [false, true]]);
  expect(said).toEqual(['memory is short: objects run one at a time, and caches are let go', 'memory is enough again']);
});

test('a little less than short is not enough yet', async () => {
  const { clock, memory, watch, told } = startWatch();
  memory.heap = 420;
  await clock.advance(1000);
  memory.heap = 380;
  await clock.advance(60_000);
  expect([watch.isEnough(), told]).toEqual([false, [false]]);
});

test('what was let go counts once it is collected', async () => {
  const { clock, memory, watch } = startWatch();
  memory.heap = 420;
  await clock.advance(1000);
  Object.assign(memory, { heap: 200, garbage: 220 });
  await clock.advance(5000);
  expect(watch.isEnough()).toBe(false);
  await clock.advance(5000);
  expect(watch.isEnough()).toBe(true);
});

test.for([
  { because: 'a small heap', flags: ['--max-old-space-size=96'] },
  { because: 'a small heap, with the flags of the image,', flags: ['--max-old-space-size=96', '--max-semi-space-size=2'] },
])(
  'a process with $because is told before it ends, and lives on by what it lets go of',
  { timeout: 90_000 },
  async ({ flags }) => {
    const program = fileURLToPath(new URL('./support/fill-memory.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { timeout: 60_000 });
    expect(stdout).toBe('memory is short: objects run one at a time, and caches are let go\nmemory is enough again\n');
  },
);
