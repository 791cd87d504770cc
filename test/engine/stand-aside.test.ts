import { expect, test } from 'vitest';
import { done, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

const startsAt = Date.parse('2030-01-01T00:00:00Z');
const at = (ms: number) => new Date(startsAt + ms).toISOString();
const pausedUntil = (until: string, reason = 'release freeze') => ({
  annotations: { 'tagalong.dev/paused-until': until, 'tagalong.dev/pause-reason': reason },
});
const acted = (finished: readonly { result: string }[]) => finished.filter(({ result }) => result === 'done').length;

test('a paused object is left alone, says until when and why, and goes on by itself', async () => {
  await using t = await startEngine([thing('a', { metadata: pausedUntil(at(60_000)) })]);
  await start(t);
  expect(t.condition('a', 'Paused')).toMatchObject({ status: 'True', message: 'until 2030-01-01T00:01:00Z: release freeze' });
  expect(t.condition('a', 'Ready')).toBeUndefined();
  await t.clock.advance(59_999);
  expect(acted(t.finished)).toBe(0);
  await t.clock.advance(1);
  expect(acted(t.finished)).toBe(1);
  expect([t.condition('a', 'Paused'), t.condition('a', 'Ready')?.status]).toEqual([undefined, 'True']);
});

test('a pause that is over is none', async () => {
  await using t = await startEngine([thing('a', { metadata: pausedUntil(at(0)) })]);
  await start(t);
  expect(acted(t.finished)).toBe(1);
  expect(t.condition('a', 'Paused')).toBeUndefined();
});

test('a request for a paused object is answered, so that nobody waits for it', async () => {
  const { annotations } = pausedUntil(at(60_000));
  await using t = await startEngine([
    thing('a', { metadata: { annotations: { ...annotations, 'reconcile.fluxcd.io/requestedAt': 'one' } } }),
  ]);
  await start(t);
  expect(t.status('a')).toMatchObject({ lastHandledReconcileAt: 'one' });
  expect(acted(t.finished)).toBe(0);
});

test('taking the annotation away ends the pause at once', async () => {
  await using t = await startEngine([thing('a', { metadata: pausedUntil(at(3_600_000)) })]);
  await start(t);
  t.cluster.put({ ...t.cluster.find('a'), metadata: { ...t.cluster.find('a').metadata, annotations: {} } });
  await settle();
  expect(acted(t.finished)).toBe(1);
  expect(t.condition('a', 'Paused')).toBeUndefined();
});

test('a pause ends what runs', async () => {
  await using t = await startEngine([thing('a')]);
  let ended: unknown = null;
  t.runs(
    (_resource, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        signal.addEventListener('abort', () => (ended = signal.reason));
      }),
  );
  await start(t);
  t.cluster.put({ ...t.cluster.find('a'), metadata: { ...t.cluster.find('a').metadata, ...pausedUntil(at(60_000)) } });
  await settle();
  expect(ended).toBeInstanceOf(Error);
  await settle();
  expect(t.finished.map(({ result }) => result)).toEqual(['superseded', 'paused']);
});

test('deleting a paused object waits where it would delete others', async () => {
  let finalized = 0;
  const finalize = async () => {
    finalized += 1;
  };
  const metadata = { deletionTimestamp: at(0), ...pausedUntil(at(60_000)) };
  await using t = await startEngine([thing('a', { metadata })], { steps: { finalize } });
  await start(t);
  expect([finalized, t.cluster.find('a').metadata.finalizers]).toEqual([0, ['finalizers.fluxcd.io']]);
  await t.clock.advance(60_000);
  expect(finalized).toBe(1);
});

test('an observer plans and tells, does nothing, and looks again at its interval', async () => {
  const annotations = { 'tagalong.dev/role': 'observer' };
  let acts = 0;
  await using t = await startEngine([thing('a', { metadata: { annotations }, spec: { interval: '10m' } })]);
  t.runs(() => {
    acts += 1;
    return done;
  });
  await start(t);
  expect(t.condition('a', 'Ready')).toMatchObject({ status: 'True', reason: 'Observed' });
  expect(t.condition('a', 'Observing')?.message).toBe('would run: the test says so');
  await t.clock.advance(600_000);
  expect(acted(t.finished)).toBe(2);
  expect(acts).toBe(0);
  t.cluster.put({ ...t.cluster.find('a'), metadata: { ...t.cluster.find('a').metadata, annotations: {} } });
  await settle();
  expect(acts).toBe(1);
  expect(t.condition('a', 'Observing')).toBeUndefined();
});
