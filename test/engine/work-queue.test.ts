import { expect, test } from 'vitest';
import { WorkQueue } from '../../src/engine/index.ts';
import { createStoppedClock } from './support/stopped-clock.ts';

/** A queue whose runs end when the test says so. */
function startQueue(concurrency = 2) {
  const clock = createStoppedClock();
  const started: string[] = [];
  const reasons: Record<string, readonly string[]> = {};
  const endings = new Map<string, () => void>();
  const run = (key: string, because: readonly string[]) => {
    started.push(key);
    reasons[key] = because;
    return new Promise<void>((resolve) => endings.set(key, resolve));
  };
  const queue = new WorkQueue({ clock, concurrency, run });
  const finish = async (key: string) => {
    endings.get(key)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, queue, started, reasons, finish };
}

test('a key asked for twice runs once', async () => {
  const { queue, started, clock } = startQueue();
  queue.request('a', 'later', 1000);
  queue.request('a', 'later too', 1000);
  await clock.advance(1000);
  expect(started).toEqual(['a']);
});

test('of two times the earlier wins', async () => {
  const { queue, started } = startQueue();
  queue.request('a', 'interval', 3_600_000);
  queue.request('a', 'changed');
  expect(started).toEqual(['a']);
});

test('a later time does not delay an earlier one', async () => {
  const { queue, started, clock } = startQueue();
  queue.request('a', 'soon', 100);
  queue.request('a', 'late', 10_000);
  await clock.advance(100);
  expect(started).toEqual(['a']);
});

test('requests for a running key are remembered once, with their reasons', async () => {
  const { queue, started, reasons, finish } = startQueue();
  queue.request('a', 'first');
  queue.request('a', 'second');
  queue.request('a', 'third');
  expect(started).toEqual(['a']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
  expect(reasons['a']).toEqual(['second', 'third']);
  await finish('a');
  expect(started).toEqual(['a', 'a']);
});

test('a slow key blocks nobody but itself', async () => {
  const { queue, started, finish } = startQueue(2);
  queue.request('slow', 'x');
  for (const key of ['a', 'b']) queue.request(key, 'x');
  await finish('a');
  expect(started).toEqual(['slow', 'a', 'b']);
});

test('no more than the concurrency run at a time', () => {
  const { queue, started } = startQueue(2);
  for (const key of ['a', 'b', 'c']) queue.request(key, 'x');
  expect(started).toEqual(['a', 'b']);
});

test('after stop nothing starts, and stop waits for what runs', async () => {
  const { queue, started, finish } = startQueue(1);
  queue.request('a', 'x');
  queue.request('b', 'x');
  let stopped = false;
  const stopping = queue.stop().then(() => {
    stopped = true;
  });
  queue.request('c', 'x');
  expect(stopped).toBe(false);
  await finish('a');
  await stopping;
  expect(started).toEqual(['a']);
});

test('a forgotten key does not run', async () => {
  const { queue, started, clock } = startQueue();
  queue.request('a', 'interval', 1000);
  queue.forget('a');
  await clock.advance(2000);
  expect(started).toEqual([]);
});
