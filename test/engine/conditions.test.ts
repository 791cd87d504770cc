import { expect, test } from 'vitest';
import { type Report, type StepContext, TagalongError } from '../../src/core/index.ts';
import { done, type EngineUnderTest, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

const failure =
  (code: string, details = {}) =>
  () => {
    throw new TagalongError(code, `it went wrong: ${code}`, details);
  };
const request = (t: EngineUnderTest, token: string, name = 'a') => {
  const before = t.cluster.find(name);
  t.cluster.put({
    ...before,
    metadata: { ...before.metadata, annotations: { 'reconcile.fluxcd.io/requestedAt': token } },
  });
  return settle();
};
const changeSpec = (t: EngineUnderTest, name = 'a') => {
  const before = t.cluster.find(name);
  const generation = (before.metadata.generation ?? 0) + 1;
  t.cluster.put({ ...before, metadata: { ...before.metadata, generation } });
  return settle();
};
/** The next run begins with `first`, and lasts until it is disposed of. */
const takesLong = (t: EngineUnderTest, first: (context: StepContext) => void = () => {}): AsyncDisposable => {
  const gate = Promise.withResolvers<Report>();
  t.runs(
    (_resource, context) => {
      first(context);
      return gate.promise;
    },
    () => done,
  );
  return {
    async [Symbol.asyncDispose]() {
      gate.resolve(done);
      await settle();
    },
  };
};
/** The conditions each status patch wrote, as `Type=Status Reason`. */
const written = ({ cluster }: EngineUnderTest) =>
  cluster.patches.flatMap(({ body }) => {
    const { conditions } = ((body as { status?: object }).status ?? {}) as { conditions?: Record<string, string>[] };
    return conditions === undefined ? [] : [conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)];
  });

test.for([
  { because: 'a new object', before: -1 },
  { because: 'a new spec', before: 0 },
])('a short run on $because is written once, at its end', async ({ before }) => {
  await using t = await startEngine([{ ...thing('a'), status: { observedGeneration: before } }]);
  await start(t);
  expect(written(t)).toEqual([['Ready=True Succeeded']]);
  expect(t.status('a')).toMatchObject({ observedGeneration: 1 });
  await t.clock.advance(60_000);
  expect(written(t)).toHaveLength(1);
});

test('a new object whose run takes long is Reconciling and Ready=Unknown meanwhile, then Ready', async () => {
  await using t = await startEngine([thing('a')]);
  await using long = takesLong(t);
  await start(t);
  expect(written(t)).toEqual([]);
  await t.clock.advance(1000);
  await long[Symbol.asyncDispose]();
  expect(written(t)).toEqual([['Reconciling=True Progressing', 'Ready=Unknown Progressing'], ['Ready=True Succeeded']]);
});

test('a request whose run takes long is told as well', async () => {
  await using t = await startEngine([{ ...thing('a'), status: { observedGeneration: 1 } }]);
  await start(t);
  const from = written(t).length;
  await using long = takesLong(t);
  await request(t, 'one');
  await t.clock.advance(1000);
  expect(written(t).slice(from)).toEqual([['Reconciling=True Progressing', 'Ready=True Succeeded']]);
  await long[Symbol.asyncDispose]();
  expect(t.status('a')).toMatchObject({ lastHandledReconcileAt: 'one' });
});

test('the first message says which generation is worked on', async () => {
  await using t = await startEngine([thing('a')]);
  await using _long = takesLong(t);
  await start(t);
  await t.clock.advance(1000);
  expect(t.condition('a', 'Reconciling')?.message).toBe('processing object: new generation -1 -> 1');
});

test('a Ready that was settled is kept while the object runs again', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  const from = written(t).length;
  await using _long = takesLong(t);
  await changeSpec(t);
  await t.clock.advance(1000);
  expect(written(t).slice(from)[0]).toEqual(['Reconciling=True Progressing', 'Ready=True Succeeded']);
});

test('what a long run is at is the message of Reconciling, told once a second at most', async () => {
  await using t = await startEngine([thing('a')]);
  let tell: (message: string) => void = () => {};
  await using _long = takesLong(t, ({ progress }) => {
    tell = progress;
  });
  await start(t);
  for (const message of ['fetching', 'scanning', 'comparing']) tell(message);
  await t.clock.advance(1000);
  expect([t.condition('a', 'Reconciling')?.message, t.condition('a', 'Ready')?.message]).toEqual(['comparing', 'comparing']);
  for (const message of ['writing', 'pushing']) tell(message);
  await t.clock.advance(999);
  expect(written(t)).toHaveLength(1);
  await t.clock.advance(1);
  expect(t.condition('a', 'Reconciling')?.message).toBe('pushing');
});

test('what has to be recorded before a step is written before it, however short the run', async () => {
  await using t = await startEngine([thing('a')]);
  let recorded: unknown;
  t.runs(async (_resource, context) => {
    await context.recordStatus({ inventory: 'x' });
    recorded = t.status('a')['inventory'];
    return done;
  });
  await start(t);
  expect(recorded).toBe('x');
});

test('a failure is Ready=False and ProgressingWithRetry, and the generation is not observed', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(failure('LOST', { reason: 'FetchFailed' }));
  await start(t);
  expect(t.condition('a', 'Ready')).toMatchObject({ status: 'False', reason: 'FetchFailed', message: 'it went wrong: LOST' });
  expect(t.condition('a', 'Reconciling')).toMatchObject({ status: 'True', reason: 'ProgressingWithRetry' });
  expect(t.condition('a', 'Stalled')).toBeUndefined();
  expect(t.status('a')['observedGeneration']).toBe(-1);
});

test('an error without a reason is Failed', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(() => {
    throw new TypeError('something unforeseen');
  });
  await start(t);
  expect(t.condition('a', 'Ready')).toMatchObject({ reason: 'Failed', message: 'something unforeseen' });
});

test('an error that time cannot heal is Stalled with the same words, observed, and never repeated', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(failure('BAD', { reason: 'InvalidPolicy', retry: 'never' }));
  await start(t);
  const { message, reason } = t.condition('a', 'Ready') ?? {};
  expect(t.condition('a', 'Stalled')).toMatchObject({ status: 'True', reason, message });
  expect(t.condition('a', 'Reconciling')).toBeUndefined();
  expect(t.status('a')['observedGeneration']).toBe(1);
  await t.clock.advance(30 * 24 * 3_600_000);
  expect(t.count('a')).toBe(1);
});

test('a new spec takes Stalled away', async () => {
  await using t = await startEngine([thing('a')]);
  t.runs(failure('BAD', { reason: 'InvalidPolicy', retry: 'never' }));
  await start(t);
  const from = written(t).length;
  await using long = takesLong(t);
  await changeSpec(t);
  await t.clock.advance(1000);
  await long[Symbol.asyncDispose]();
  expect(written(t).slice(from)).toEqual([
    ['Reconciling=True Progressing', 'Ready=False InvalidPolicy'],
    ['Ready=True Succeeded'],
  ]);
});

test('what is refused is Stalled and never run', async () => {
  const refuse = () => ({ status: 'False', reason: 'NotImplemented', message: 'spec.x is not there yet' }) as const;
  await using t = await startEngine([thing('a')], { engine: { refuse } });
  let ran = false;
  t.runs(() => {
    ran = true;
    return done;
  });
  await start(t);
  expect(ran).toBe(false);
  expect(t.condition('a', 'Stalled')).toMatchObject({ reason: 'NotImplemented', message: 'spec.x is not there yet' });
});

test('a run that is still under way keeps Reconciling', async () => {
  await using t = await startEngine([thing('a')]);
  const ready = { status: 'Unknown', reason: 'Progressing', message: 'waiting for 2 objects' } as const;
  t.runs(
    () => ({ ready, outcome: 'progressing', next: { afterMs: 1000 } }),
    () => done,
  );
  await start(t);
  expect(t.condition('a', 'Reconciling')).toMatchObject({ reason: 'Progressing' });
  await t.clock.advance(1000);
  expect(t.condition('a', 'Reconciling')).toBeUndefined();
});

test('the time of a condition moves with its status, reason or message, and with nothing else', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  const first = t.condition('a', 'Ready')?.lastTransitionTime;
  await t.clock.advance(2 * 3_600_000);
  expect(t.count('a')).toBeGreaterThan(1);
  expect(t.condition('a', 'Ready')?.lastTransitionTime).toBe(first);
  t.runs(() => ({ ...done, ready: { ...done.ready, message: 'all is better' } }));
  await t.clock.advance(3_600_000);
  expect(t.condition('a', 'Ready')?.lastTransitionTime).not.toBe(first);
});

test('an interval that changes nothing writes nothing', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  const patches = t.cluster.patches.length;
  await t.clock.advance(10 * 3_600_000);
  expect(t.count('a')).toBe(11);
  expect(t.cluster.patches.length).toBe(patches);
});

test('a request is acknowledged when the run has ended, also by a failure', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  let during: unknown;
  t.runs(() => {
    during = t.status('a')['lastHandledReconcileAt'];
    return failure('LOST')();
  });
  await request(t, 'one');
  expect([during, t.status('a')['lastHandledReconcileAt']]).toEqual([undefined, 'one']);
});

test('a request that comes while one runs is not acknowledged by that run, but by the next', async () => {
  await using t = await startEngine([thing('a')]);
  await start(t);
  const gate = Promise.withResolvers<void>();
  const handled: (string | undefined)[] = [];
  t.runs(async (resource) => {
    handled.push(resource.metadata.annotations?.['reconcile.fluxcd.io/requestedAt']);
    if (handled.length === 1) await gate.promise;
    return { ...done, status: { run: handled.length } };
  });
  await request(t, 'one');
  await request(t, 'two');
  const acknowledged: unknown[] = [];
  t.cluster.onPatch = ({ body }) => {
    const { lastHandledReconcileAt } = (body as { status: Record<string, unknown> }).status;
    if (lastHandledReconcileAt !== undefined) acknowledged.push(lastHandledReconcileAt);
  };
  gate.resolve();
  await settle();
  expect(handled).toEqual(['one', 'two']);
  expect(acknowledged).toEqual(['one', 'two']);
});

test('what a run says while an earlier write is still on its way is written after it, the acknowledgement too', async () => {
  await using t = await startEngine([{ ...thing('a'), status: { observedGeneration: 1 } }]);
  await start(t);
  const slow = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<typeof done>();
  t.runs(() => answered.promise);
  const object = t.cluster.find('a');
  t.cluster.put({ ...object, metadata: { ...object.metadata, annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } });
  await settle();
  let isFirst = true;
  t.cluster.onPatch = () => {
    if (!isFirst) return;
    isFirst = false;
    return slow.promise;
  };
  // It takes long enough to be told; that write hangs, and meanwhile the run ends.
  await t.clock.advance(1000);
  expect(isFirst).toBe(false);
  answered.resolve(done);
  await settle();
  slow.resolve();
  await settle();
  expect(t.status('a')).toMatchObject({ lastHandledReconcileAt: 'now' });
  expect(t.condition('a', 'Reconciling')).toBeUndefined();
});

test('a spec that changes while a run writes status is not taken for observed by that run', async () => {
  await using t = await startEngine([thing('a')]);
  const seen: [number | undefined, unknown][] = [];
  t.runs(
    async (resource, context) => {
      const before = t.cluster.find('a');
      t.cluster.put({ ...before, metadata: { ...before.metadata, generation: 2 } }, { silent: true });
      await context.recordStatus({ inventory: 'x' });
      seen.push([resource.metadata.generation, undefined]);
      return done;
    },
    (resource) => {
      seen.push([resource.metadata.generation, t.status('a')['observedGeneration']]);
      return done;
    },
  );
  await start(t);
  expect(seen).toEqual([
    [1, undefined],
    [2, 1],
  ]);
  expect(t.status('a')['observedGeneration']).toBe(2);
});

test('a suspended object is left alone but for its request, and a suspended failure stays as it is', async () => {
  await using t = await startEngine([thing('a', { spec: { suspend: true } })]);
  await start(t);
  expect(t.cluster.patches).toEqual([]);
  await request(t, 'one');
  expect(t.cluster.patches.map(({ body }) => body)).toEqual([{ status: { lastHandledReconcileAt: 'one' } }]);
  expect(t.finished.every(({ result }) => result === 'suspended')).toBe(true);
});

test('news is an event on the object, with its event annotations alone; the same text again raises the count', async () => {
  const annotations = { 'event.toolkit.fluxcd.io/team': 'shop', other: 'x' };
  await using t = await startEngine([thing('a', { metadata: { annotations } })]);
  t.runs(() => ({ ...done, events: [{ type: 'Normal', reason: 'Succeeded', message: 'news' }] }));
  await start(t);
  await t.clock.advance(1000);
  await t.engine.wake({ kind: 'Thing', namespace: 'default', name: 'a' }, 'the test');
  await settle();
  expect(t.cluster.created).toHaveLength(1);
  expect(t.cluster.created[0]).toMatchObject({
    metadata: { annotations: { 'event.toolkit.fluxcd.io/team': 'shop' } },
    involvedObject: { kind: 'Thing', name: 'a' },
    source: { component: 'test-controller' },
    count: 1,
  });
  expect(t.cluster.created[0]?.metadata.annotations).not.toHaveProperty('other');
  expect(
    t.cluster.patches.filter(({ ref }) => ref.kind === 'Event').map(({ body }) => (body as { count: number }).count),
  ).toEqual([2]);
});
