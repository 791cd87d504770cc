import { expect, test } from 'vitest';
import { parseLabelSelector } from '../../src/core/index.ts';
import { kind, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

const key = 'sharding.fluxcd.io/key';

/** An engine that serves one shard. */
function startShard(selector: string, objects: Parameters<typeof startEngine>[0]) {
  const test = parseLabelSelector(selector);
  return startEngine(objects, { engine: { serves: ({ metadata }) => test(metadata.labels ?? {}) } });
}

test.for([
  [`${key}=one`, ['a']],
  [`${key} in (one, two)`, ['a', 'b']],
  [`!${key}`, ['c']],
  ['', ['a', 'b', 'c']],
] as const)('a shard of %j runs %j of three objects, and looks the others up', async ([selector, served]) => {
  const things = [
    thing('a', { metadata: { labels: { [key]: 'one' } } }),
    thing('b', { metadata: { labels: { [key]: 'two' } } }),
    thing('c'),
  ];
  await using t = await startShard(selector, things);
  await start(t);
  expect(['a', 'b', 'c'].filter((name) => t.count(name) > 0)).toEqual(served);
  expect(t.engine.cache(kind).list()).toHaveLength(3);
});

test('an object goes to another shard when its label changes: one stops, the other begins', async () => {
  await using t = await startShard(`${key}=one`, [thing('a', { metadata: { labels: { [key]: 'two' } } })]);
  await start(t);
  expect(t.count('a')).toBe(0);
  t.cluster.put(thing('a', { metadata: { labels: { [key]: 'one' } } }));
  await settle();
  expect(t.count('a')).toBe(1);
  t.cluster.put(thing('a', { metadata: { labels: { [key]: 'two' } } }));
  t.engine.wake({ kind: 'Thing', namespace: 'default', name: 'a' }, 'somebody asks');
  await t.clock.advance(7_200_000);
  expect(t.count('a')).toBe(1);
});
