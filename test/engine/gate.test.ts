import { expect, test } from 'vitest';
import { createMemoryCluster } from './support/memory-cluster.ts';
import { done, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

function createGate(open: boolean) {
  const listeners = new Set<(open: boolean) => void>();
  let isOpen = open;
  return {
    isOpen: () => isOpen,
    subscribe: (listener: (open: boolean) => void) => void listeners.add(listener),
    async turn(open: boolean) {
      isOpen = open;
      for (const listener of listeners) listener(open);
      await settle();
    },
  };
}

test('behind a closed gate nothing runs and nothing is written, not even a finalizer', async () => {
  const gate = createGate(false);
  await using t = await startEngine([thing('a', { metadata: { finalizers: [] } })], { registration: { gate } });
  await start(t);
  await t.clock.advance(7_200_000);
  t.engine.wake({ kind: 'Thing', namespace: 'default', name: 'a' }, 'somebody asks');
  await settle();
  expect([t.count('a'), t.cluster.patches.length]).toEqual([0, 0]);
  await gate.turn(true);
  expect(t.count('a')).toBe(1);
});

test('a gate that opens before the kinds are listed changes nothing: runs begin when all are', async () => {
  const gate = createGate(false);
  await using t = await startEngine([thing('a')], { registration: { gate } });
  await gate.turn(true);
  expect(t.count('a')).toBe(0);
  await start(t);
  expect(t.count('a')).toBe(1);
});

test('when it closes, what runs is ended and leaves no word in status', async () => {
  const gate = createGate(true);
  await using t = await startEngine([], { registration: { gate } });
  t.cluster.put({ ...thing('a'), status: { observedGeneration: 1 } });
  t.runs(
    (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    () => done,
  );
  await start(t);
  await gate.turn(false);
  expect(t.finished.map(({ result }) => result)).toEqual(['superseded']);
  expect(t.cluster.patches).toEqual([]);
  await t.clock.advance(7_200_000);
  expect(t.count('a')).toBe(1);
});

test('when it opens again every object is looked at: somebody else may have written it', async () => {
  const gate = createGate(true);
  await using t = await startEngine([thing('a'), thing('b')], { registration: { gate } });
  await start(t);
  await gate.turn(false);
  await gate.turn(true);
  expect([t.count('a'), t.count('b')]).toEqual([2, 2]);
  expect(t.finished.at(-1)?.because).toEqual(['lease taken']);
});

test('status goes through the cluster of the registration', async () => {
  const fenced = createMemoryCluster();
  fenced.put(thing('a'));
  await using t = await startEngine([thing('a')], { registration: { cluster: fenced } });
  await start(t);
  expect([fenced.patches.length > 0, t.cluster.patches.length]).toEqual([true, 0]);
});
