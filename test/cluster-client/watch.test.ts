import { expect, test } from 'vitest';
import { type Clock, type Cluster, systemClock, type WatchEvent, type WatchOptions } from '../../src/core/index.ts';
import { configMap, connect } from './connect.ts';
import { type Answer, type FakeApi, inTurn, json, type RecordedRequest, refusal, startFakeApi, watchOf } from './fake-api.ts';

const route = 'GET /api/v1/configmaps';
const named = (name: string, resourceVersion: string) => ({ metadata: { name, namespace: 'web', resourceVersion } });
const event = (type: string, name: string, resourceVersion: string) => ({
  type,
  object: { kind: 'ConfigMap', apiVersion: 'v1', ...named(name, resourceVersion) },
});
const listing = (resourceVersion: string, ...names: string[]) =>
  json(200, { kind: 'ConfigMapList', metadata: { resourceVersion }, items: names.map((name) => named(name, '1')) });
const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } };

/** Lists and watches share a path; each has its own answers. */
function collection(lists: Answer, watches: Answer): Record<string, Answer> {
  return { [route]: (request, response) => (request.query.get('watch') === 'true' ? watches : lists)(request, response) };
}

/** Watches until `count` events were told, and returns them as sentences. */
async function watchUntil(cluster: Cluster, count: number, options: Partial<WatchOptions> = {}): Promise<string[]> {
  const told: string[] = [];
  const stop = new AbortController();
  await cluster.watch(configMap, { ...options, signal: stop.signal }, (event) => {
    told.push(describe(event));
    if (told.length === count) stop.abort();
  });
  return told;
}

function describe(event: WatchEvent): string {
  if (event.type === 'synced') return `synced ${event.objects.map(({ metadata }) => metadata.name).join(' ')}`.trim();
  return `${event.type} ${event.object.metadata.name}`;
}

function watches(api: FakeApi): RecordedRequest[] {
  return api.requestsTo(route).filter(({ query }) => query.get('watch') === 'true');
}

test('lists first, and watches from the version of the listing', async () => {
  const events = [event('ADDED', 'b', '11'), event('MODIFIED', 'b', '12'), event('DELETED', 'b', '13')];
  await using api = await startFakeApi(collection(listing('10', 'a'), watchOf(events)));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 4)).toEqual(['synced a', 'added b', 'modified b', 'deleted b']);
  expect(Object.fromEntries(watches(api)[0]?.query ?? [])).toMatchObject({ resourceVersion: '10', allowWatchBookmarks: 'true' });
  expect(Number(watches(api)[0]?.query.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
});

test('a watch that ends goes on from the last event, without another listing', async () => {
  const answers = inTurn(watchOf([event('ADDED', 'b', '11')], 'ends'), watchOf([event('ADDED', 'c', '12')]));
  await using api = await startFakeApi(collection(listing('10'), answers));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 3)).toEqual(['synced', 'added b', 'added c']);
  expect(watches(api).map(({ query }) => query.get('resourceVersion'))).toEqual(['10', '11']);
});

test('a connection that breaks in the middle of a line loses nothing: the cut event comes again', async () => {
  const cut: Answer = (_request, response) => {
    response.writeHead(200);
    response.write(`${JSON.stringify(event('ADDED', 'b', '11'))}\n{"type":"ADDED","object":{"metada`);
    setTimeout(() => response.destroy(), 20);
  };
  await using api = await startFakeApi(collection(listing('10'), inTurn(cut, watchOf([event('ADDED', 'c', '12')]))));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 3)).toEqual(['synced', 'added b', 'added c']);
});

test('an event that arrives in pieces, inside a character too, is put together', async () => {
  const line = Buffer.from(`${JSON.stringify(event('ADDED', 'größe', '11'))}\n`);
  const slow: Answer = (_request, response) => {
    response.writeHead(200);
    const cut = line.indexOf(0xc3) + 1;
    response.write(line.subarray(0, cut));
    setTimeout(() => response.write(line.subarray(cut)), 10);
  };
  await using api = await startFakeApi(collection(listing('10'), slow));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 2)).toEqual(['synced', 'added größe']);
});

test('a bookmark moves the version and is told to nobody', async () => {
  const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '40' } } };
  await using api = await startFakeApi(
    collection(listing('10'), inTurn(watchOf([bookmark], 'ends'), watchOf([event('ADDED', 'b', '41')]))),
  );
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 2)).toEqual(['synced', 'added b']);
  expect(watches(api)[1]?.query.get('resourceVersion')).toBe('40');
});

test('an expired version, told as an event, is a new listing', async () => {
  const answers = inTurn(watchOf([expired], 'ends'), watchOf([event('ADDED', 'c', '31')]));
  await using api = await startFakeApi(collection(inTurn(listing('10', 'a'), listing('30', 'a', 'b')), answers));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 3)).toEqual(['synced a', 'synced a b', 'added c']);
});

test('an expired version, told as the answer, is a new listing', async () => {
  const answers = inTurn(refusal(410, 'Expired', 'too old resource version'), watchOf([]));
  await using api = await startFakeApi(collection(inTurn(listing('10', 'a'), listing('30', 'b')), answers));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 2)).toEqual(['synced a', 'synced b']);
});

test('a server that says expired to every watch, at once, is asked slower and slower', async () => {
  await using api = await startFakeApi(collection(listing('5', 'a'), watchOf([expired])));
  const waits: number[] = [];
  const stop = new AbortController();
  const clock: Clock = {
    ...systemClock,
    sleep: async (ms) => {
      waits.push(ms);
      if (waits.length === 6) stop.abort();
    },
  };
  await using cluster = await connect(api.url, { clock, watchTimes: { backoffMs: 100, maxBackoffMs: 60_000 } });
  await cluster.watch(configMap, { signal: stop.signal }, () => {});
  expect(waits[0]).toBe(0);
  for (const [index, ms] of waits.slice(1).entries()) expect(ms).toBeGreaterThanOrEqual(100 * 2 ** index);
});

test('a connection that is silent for too long is given up for a new one', async () => {
  const answers = inTurn(watchOf([]), watchOf([event('ADDED', 'b', '11')]));
  await using api = await startFakeApi(collection(listing('10'), answers));
  await using cluster = await connect(api.url, { watchTimes: { idleMs: 100, backoffMs: 1, maxBackoffMs: 1 } });
  expect(await watchUntil(cluster, 2)).toEqual(['synced', 'added b']);
});

test.for([
  { what: 'the first listing', route },
  { what: 'the discovery', route: 'GET /api/v1' },
])('$what is tried again while the server is not well', async ({ route: failing }) => {
  const broken = refusal(503, 'ServiceUnavailable', 'starting');
  await using api = await startFakeApi(collection(listing('10', 'a'), watchOf([])));
  const well = api.routes.get(failing) ?? broken;
  api.routes.set(failing, inTurn(broken, broken, well));
  await using cluster = await connect(api.url);
  expect(await watchUntil(cluster, 1)).toEqual(['synced a']);
});

test.for([
  { because: 'may not be listed', code: 'FORBIDDEN', lists: refusal(403, 'Forbidden', 'no'), watches: watchOf([]) },
  { because: 'may not be watched', code: 'FORBIDDEN', lists: listing('1'), watches: refusal(403, 'Forbidden', 'no') },
  { because: 'cannot be watched', code: 'UNSUPPORTED', lists: listing('1'), watches: refusal(405, 'MethodNotAllowed', 'no') },
])('a kind that $because ends the watch with $code', async ({ code, lists, watches }) => {
  await using api = await startFakeApi(collection(lists, watches));
  await using cluster = await connect(api.url);
  await expect(watchUntil(cluster, 99)).rejects.toMatchObject({ code });
});

test('a missing kind ends the watch with NOT_FOUND', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url);
  const { signal } = new AbortController();
  await expect(cluster.watch({ group: 'x.example', version: 'v1', kind: 'X' }, { signal }, () => {})).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

test('an observer that throws does not end the watch or repeat events', async () => {
  await using api = await startFakeApi(
    collection(listing('10'), watchOf([event('ADDED', 'b', '11'), event('ADDED', 'c', '12')])),
  );
  await using cluster = await connect(api.url);
  const stop = new AbortController();
  const told: string[] = [];
  await cluster.watch(configMap, { signal: stop.signal }, (watchEvent) => {
    told.push(describe(watchEvent));
    if (told.length === 3) stop.abort();
    throw new Error('mine');
  });
  expect(told).toEqual(['synced', 'added b', 'added c']);
});

test('a watch of metadata tells the real kind and nothing but metadata', async () => {
  const partial = { type: 'ADDED', object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', ...named('b', '11') } };
  await using api = await startFakeApi(collection(listing('10'), watchOf([partial])));
  await using cluster = await connect(api.url);
  const stop = new AbortController();
  const objects: unknown[] = [];
  await cluster.watch(configMap, { metadataOnly: true, signal: stop.signal }, (watchEvent) => {
    if (watchEvent.type === 'synced') return;
    objects.push(watchEvent.object);
    stop.abort();
  });
  expect(objects).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', ...named('b', '11') }]);
  expect(watches(api)[0]?.headers.accept).toContain('as=PartialObjectMetadata;');
});

test('an abort before the first answer resolves', async () => {
  await using api = await startFakeApi({ [route]: () => stop.abort() });
  const stop = new AbortController();
  await using cluster = await connect(api.url);
  await expect(cluster.watch(configMap, { signal: stop.signal }, () => {})).resolves.toBeUndefined();
});

test('who watches is told of each interruption that is an error, and not of a watch that only ends', async () => {
  const answers = inTurn(
    watchOf([event('ADDED', 'b', '11')], 'ends'),
    refusal(500, 'InternalError', 'etcd is away'),
    watchOf([event('ADDED', 'c', '12')]),
  );
  await using api = await startFakeApi(collection(listing('10'), answers));
  await using cluster = await connect(api.url);
  const interruptions: string[] = [];
  const onInterrupted = (error: unknown) => void interruptions.push(String(error));
  expect(await watchUntil(cluster, 3, { onInterrupted })).toEqual(['synced', 'added b', 'added c']);
  expect(interruptions).toEqual([expect.stringContaining('etcd is away')]);
});
