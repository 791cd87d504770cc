import { expect, test } from 'vitest';
import { TagalongError } from '../../src/core/index.ts';
import { decideRetry, defaultBackoff, jitterInterval } from '../../src/engine/index.ts';
import { done, kind, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

const fails =
  (details = {}) =>
  () => {
    throw new TagalongError('LOST', 'it went wrong', details);
  };

test.for([
  { because: 'the first failure waits shortest', failures: 1, ms: 750 },
  { because: 'each further one doubles', failures: 2, ms: 1500 },
  { because: 'the delays stay within a quarter of an hour', failures: 12, ms: 900_000 },
  { because: 'no number of failures overflows', failures: 10_000, ms: 900_000 },
])('$because', ({ failures, ms }) => {
  expect(decideRetry('backoff', failures, 0)).toBe(ms);
  const earliest = decideRetry('backoff', failures, 0.999_999) ?? 0;
  expect(earliest).toBeGreaterThanOrEqual(0.8 * ms);
  expect(earliest).toBeLessThan(ms);
});

test('an exact delay is exact, and never is never', () => {
  expect(decideRetry({ afterMs: 42_000 }, 7, 0.5)).toBe(42_000);
  expect(decideRetry('never', 1, 0.5)).toBeNull();
  expect(defaultBackoff).toEqual({ minMs: 750, maxMs: 900_000 });
});

test('an interval is spread by a twentieth either way', () => {
  expect([jitterInterval(1000, 0), jitterInterval(1000, 0.5), jitterInterval(1000, 1)]).toEqual([950, 1000, 1050]);
});

test('failures in a row come back later and later; a success ends the row', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(fails(), fails(), fails(), () => ({ ...done, next: { afterMs: 60_000 } }), fails());
  await start(t);
  for (const [delay, runs] of [
    [749, 1],
    [1, 2],
    [1499, 2],
    [1, 3],
    [2999, 3],
    [1, 4],
    [59_999, 4],
    [1, 5],
    [749, 5],
    [1, 6],
  ] as const) {
    await t.clock.advance(delay);
    expect([delay, t.count('a')]).toEqual([delay, runs]);
  }
});

test('a server’s Retry-After is waited for to the end, and not a moment longer', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(fails({ retry: { afterMs: 7_200_000 } }), () => done);
  await start(t);
  await t.clock.advance(7_199_999);
  expect(t.count('a')).toBe(1);
  await t.clock.advance(1);
  expect(t.count('a')).toBe(2);
});

test('decide may ask for more looks, each with what was seen before', async () => {
  const asked: (string | undefined)[] = [];
  const steps = {
    observe: async (_resource: unknown, _context: unknown, more?: { question: string }) => {
      asked.push(more?.question);
      return null;
    },
    decide: () =>
      asked.length < 3 ? { do: 'ask' as const, question: `question ${asked.length}` } : { do: 'run', because: 'enough is known' },
  };
  await using t = await startEngine([thing('a')], { steps });
  await start(t);
  expect(asked).toEqual([undefined, 'question 1', 'question 2']);
  expect(t.condition('a', 'Ready')?.status).toBe('True');
});

test('a decision that never comes is an error, and nothing is done', async () => {
  let acted = false;
  const act = async () => {
    acted = true;
    return null;
  };
  const decide = () => ({ do: 'ask' as const, question: 'and then?' });
  await using t = await startEngine([thing('a')], { steps: { decide, act } });
  await start(t);
  expect(acted).toBe(false);
  expect(t.condition('a', 'Ready')?.message).toMatch(/^Thing a: no decision after \d+ looks$/);
});

test('a conflict on the status is sent again at once, and costs no run', async () => {
  await using t = await startEngine([thing('a')]);
  t.cluster.failPatches('CONFLICT', 'CONFLICT');
  await start(t);
  expect(t.count('a')).toBe(1);
  expect(t.condition('a', 'Ready')?.status).toBe('True');
});

test('a status that cannot be written means another run', async () => {
  await using t = await startEngine([thing('a')]);
  t.cluster.failPatches('UNREACHABLE');
  await start(t);
  expect(t.finished.map(({ result }) => result)).toEqual(['failed']);
  await t.clock.advance(750);
  expect(t.condition('a', 'Ready')?.status).toBe('True');
});

test('a status that cannot be written after a good run does not turn it into a failed one', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  t.runs(
    () => {
      t.cluster.failPatches('UNREACHABLE');
      return { ...done, status: { some: 'news' } };
    },
    () => ({ ...done, status: { some: 'news' } }),
  );
  t.engine.wake({ kind: 'Thing', namespace: 'default', name: 'a' }, 'the test');
  await settle();
  expect(t.status('a')).not.toHaveProperty('some');
  expect(t.condition('a', 'Ready')?.status).toBe('True');
  await t.clock.advance(750);
  expect(t.status('a')).toMatchObject({ some: 'news' });
  expect(t.cluster.created).toEqual([]);
});

test.for([
  { because: 'before the watch tells of it', silent: true },
  { because: 'and the watch tells of it', silent: false },
])('an object that goes while it runs, $because, ends without a word and is not run again', async ({ silent }) => {
  await using t = await startEngine([thing('a')]);
  t.runs(() => {
    t.cluster.remove({ ...kind, namespace: 'default', name: 'a' }, { silent });
    return done;
  });
  await start(t);
  await t.clock.advance(10 * 3_600_000);
  expect(t.finished.map(({ result }) => result)).toEqual(['finalized']);
  expect(t.cluster.created).toEqual([]);
});

test('a run whose spec changes is told to end, and the next has the new spec', async () => {
  await using t = await startEngine([thing('a')]);
  const generations: (number | undefined)[] = [];
  t.runs(
    (resource, { signal }) =>
      new Promise((_, reject) => {
        generations.push(resource.metadata.generation);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    (resource) => {
      generations.push(resource.metadata.generation);
      return done;
    },
  );
  await start(t);
  const before = t.cluster.find('a');
  t.cluster.put({ ...before, metadata: { ...before.metadata, generation: 2 } });
  await settle();
  expect(generations).toEqual([1, 2]);
  expect(t.finished.map(({ result }) => result)).toEqual(['superseded', 'done']);
  expect(t.cluster.created).toEqual([]);
});

test('a change that is no new spec lets the run go on', async () => {
  await using t = await startEngine([thing('a')]);
  const gate = Promise.withResolvers<void>();
  let aborted: boolean | undefined;
  t.runs(async (_resource, { signal }) => {
    await gate.promise;
    aborted = signal.aborted;
    return done;
  });
  await start(t);
  const before = t.cluster.find('a');
  t.cluster.put({ ...before, metadata: { ...before.metadata, labels: { a: 'b' } } });
  await settle();
  gate.resolve();
  await settle();
  expect(aborted).toBe(false);
  expect(t.count('a')).toBe(1);
});

test('the finalizer is there before the first step, and a conflict about it means another try', async () => {
  await using t = await startEngine([thing('a', { metadata: { finalizers: ['others.example.com/keep'] } })]);
  let during: string[] | undefined;
  t.runs(() => {
    during = t.cluster.find('a').metadata.finalizers;
    return done;
  });
  t.cluster.failPatches('CONFLICT');
  await start(t);
  expect(during).toBeUndefined();
  await t.clock.advance(750);
  expect(during).toEqual(['others.example.com/keep', 'finalizers.fluxcd.io']);
});

test('on deletion the finalizer goes after what has to be done, and a failure of that keeps it', async () => {
  const failures = ['the disk is full'];
  let done = 0;
  const finalize = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw new Error(failure);
    done += 1;
  };
  const deletionTimestamp = '2030-01-01T00:00:00Z';
  await using t = await startEngine([thing('a', { metadata: { deletionTimestamp }, spec: { suspend: true } })], {
    steps: { finalize },
  });
  await start(t);
  expect([done, t.cluster.find('a').metadata.finalizers]).toEqual([0, ['finalizers.fluxcd.io']]);
  expect(t.cluster.created).toMatchObject([{ type: 'Warning', message: 'the disk is full' }]);
  await t.clock.advance(750);
  expect(done).toBe(1);
  expect(() => t.cluster.find('a')).toThrow('not there');
});

test('stop lets what runs finish and starts nothing more', async () => {
  const t = await startEngine([thing('a'), thing('b')], { registration: { concurrency: 1 } });
  const gate = Promise.withResolvers<void>();
  t.runs(async () => {
    await gate.promise;
    return done;
  });
  await start(t);
  const stopped = t.engine.stop();
  gate.resolve();
  await stopped;
  expect(t.finished.map(({ key, result }) => [key, result])).toEqual([['default/a', 'done']]);
  expect(t.condition('a', 'Ready')?.status).toBe('True');
});

test('stop ends by signal what does not finish in its time', async () => {
  const t = await startEngine([thing('a')]);
  t.runs((_resource, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
  await start(t);
  const stopped = t.engine.stop(10_000);
  await t.clock.advance(9_999);
  expect(t.finished).toEqual([]);
  await t.clock.advance(1);
  await stopped;
  expect(t.finished.map(({ result }) => result)).toEqual(['superseded']);
});

test('a run reads what the last one wrote, although the watch still tells of an older state', async () => {
  await using t = await startEngine([thing('a')]);
  const seen: unknown[] = [];
  t.runs((resource) => {
    seen.push((resource['status'] as { runs?: number }).runs);
    return { ...done, status: { runs: seen.length } };
  });
  const old = structuredClone(t.cluster.find('a'));
  await start(t);
  t.cluster.tell({ type: 'modified', object: old });
  t.cluster.tell({ type: 'synced', objects: [old] });
  t.engine.wake({ kind: 'Thing', namespace: 'default', name: 'a' }, 'the test');
  await settle();
  expect(seen).toEqual([undefined, 1]);
});

test('an object that was made anew under the same name runs as a new one', async () => {
  await using t = await startEngine([thing('a', { metadata: { uid: 'first' } })]);
  await start(t);
  t.cluster.put(thing('a', { metadata: { uid: 'second' } }));
  await settle();
  expect(t.finished.map(({ because }) => because)).toEqual([['new object'], ['new object']]);
});

test('an object that a new listing lacks is forgotten', async () => {
  await using t = await startEngine([thing('a'), thing('b')]);
  await start(t);
  t.cluster.tell({ type: 'synced', objects: [t.cluster.find('b')] });
  await t.clock.advance(3_600_000);
  expect([t.count('a'), t.count('b')]).toEqual([1, 2]);
});

test('a changed switch of ours is a reason to run, another annotation is none', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  const annotate = async (annotations: Record<string, string>) => {
    const before = t.cluster.find('a');
    t.cluster.put({ ...before, metadata: { ...before.metadata, annotations } });
    await settle();
  };
  await annotate({ 'example.com/note': 'x' });
  expect(t.count('a')).toBe(1);
  await annotate({ 'example.com/note': 'x', 'tagalong.dev/on-revert': 'rebump' });
  expect(t.finished.at(-1)?.because).toEqual(['annotation changed']);
});
