import { expect, test } from 'vitest';
import { configMap, connect } from './connect.ts';
import { type Answer, inTurn, json, refusal, startFakeApi } from './fake-api.ts';

const route = 'GET /api/v1/namespaces/web/configmaps';
const named = (name: string) => ({ metadata: { name, namespace: 'web' }, data: {} });
const page = (names: readonly string[], next?: string) =>
  json(200, {
    kind: 'ConfigMapList',
    metadata: { resourceVersion: '7', ...(next ? { continue: next } : {}) },
    items: names.map(named),
  });

test.for([
  ['null', null],
  ['a list without items and version', { items: null }],
  ['an empty array', []],
  ['a Status', { kind: 'Status', metadata: {}, status: 'Failure' }],
  ['objects that are none', { kind: 'ConfigMapList', metadata: { resourceVersion: '7' }, items: [null, 1, { metadata: null }] }],
])('%s is no empty listing but an error: nothing was deleted', async ([, answer]) => {
  await using api = await startFakeApi({ [route]: json(200, answer) });
  await using cluster = await connect(api.url);
  await expect(cluster.list(configMap, { namespace: 'web' })).rejects.toMatchObject({ code: 'SERVER_ERROR' });
});

test('pages are put together, and items get the apiVersion and kind that lists leave out', async () => {
  await using api = await startFakeApi({ [route]: inTurn(page(['a', 'b'], 'more'), page(['c'])) });
  await using cluster = await connect(api.url);
  const { items, resourceVersion } = await cluster.list(configMap, {
    namespace: 'web',
    labelSelector: 'app=web',
    fieldSelector: 'metadata.name=a',
  });
  expect(items.map(({ metadata, kind, apiVersion }) => `${apiVersion} ${kind} ${metadata.name}`)).toEqual([
    'v1 ConfigMap a',
    'v1 ConfigMap b',
    'v1 ConfigMap c',
  ]);
  expect(resourceVersion).toBe('7');
  expect(api.requestsTo(route).map(({ query }) => Object.fromEntries(query))).toEqual([
    { labelSelector: 'app=web', fieldSelector: 'metadata.name=a', limit: '500' },
    { labelSelector: 'app=web', fieldSelector: 'metadata.name=a', limit: '500', continue: 'more' },
  ]);
});

test('a listing whose continuation expired starts over, and has nothing twice', async () => {
  const expired = refusal(410, 'Expired', 'The provided continue parameter is too old');
  await using api = await startFakeApi({ [route]: inTurn(page(['a'], 'old'), expired, page(['a'], 'new'), page(['b'])) });
  await using cluster = await connect(api.url);
  const { items } = await cluster.list(configMap, { namespace: 'web' });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
});

test('a listing that expires again and again is at last asked for in one piece', async () => {
  const expiring: Answer = (request, response) => {
    if (request.query.has('continue')) refusal(410, 'Expired', 'too old')(request, response);
    else (request.query.has('limit') ? page(['a'], 'old') : page(['a', 'b']))(request, response);
  };
  await using api = await startFakeApi({ [route]: expiring });
  await using cluster = await connect(api.url);
  const { items } = await cluster.list(configMap, { namespace: 'web' });
  expect(items).toHaveLength(2);
});

test('a metadata listing asks for partial objects, names their real kind, and drops what a server sends beyond', async () => {
  await using api = await startFakeApi({ 'GET /api/v1/configmaps': page(['a']) });
  await using cluster = await connect(api.url);
  const { items } = await cluster.list(configMap, { metadataOnly: true });
  expect(items).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'web' } }]);
  expect(api.requestsTo('GET /api/v1/configmaps')[0]?.headers.accept).toContain(
    'as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  );
});
