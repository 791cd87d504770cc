import { expect, test } from 'vitest';
import { configMap, connect, deployment, hastyClock } from './connect.ts';
import { inTurn, json, refusal, startFakeApi } from './fake-api.ts';

const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };
const widgets = json(200, {
  kind: 'APIResourceList',
  resources: [{ name: 'widgets', kind: 'Widget', namespaced: true, verbs: ['get'] }],
});
const nothing = json(200, { kind: 'APIResourceList', resources: [] });

test('a kind is found with its plural, scope and verbs; subresources are not kinds', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url, { clock: hastyClock() });
  expect(await cluster.resource({ group: '', version: 'v1', kind: 'Namespace' })).toEqual({
    group: '',
    version: 'v1',
    kind: 'Namespace',
    resource: 'namespaces',
    namespaced: false,
    verbs: ['get', 'list', 'watch', 'patch'],
  });
});

test('each group-version is asked once, however many want it', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url, { clock: hastyClock() });
  await Promise.all([cluster.resource(configMap), cluster.resource(configMap), cluster.resource(deployment)]);
  await cluster.impersonate('somebody').resource(configMap);
  expect(api.requestsTo('GET /api/v1')).toHaveLength(1);
});

test('a kind that appears later is found by asking again', async () => {
  await using api = await startFakeApi({ 'GET /apis/example.com/v1': inTurn(nothing, widgets) });
  await using cluster = await connect(api.url, { clock: hastyClock() });
  expect(await cluster.resource(widget)).toBeNull();
  expect(await cluster.resource(widget)).toMatchObject({ resource: 'widgets' });
});

test('misses that come together ask once more together, not each on its own', async () => {
  await using api = await startFakeApi({ 'GET /apis/example.com/v1': nothing });
  await using cluster = await connect(api.url, { clock: hastyClock() });
  await cluster.resource(widget);
  await Promise.all([cluster.resource(widget), cluster.resource(widget), cluster.resource(widget)]);
  expect(api.requestsTo('GET /apis/example.com/v1')).toHaveLength(2);
});

test('a kind whose definition was deleted is looked up again after its path was unknown', async () => {
  const objects = '/apis/example.com/v1/namespaces/web/widgets/w';
  await using api = await startFakeApi({ 'GET /apis/example.com/v1': inTurn(widgets, nothing) });
  await using cluster = await connect(api.url, { clock: hastyClock() });
  await expect(cluster.get({ ...widget, namespace: 'web', name: 'w' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await cluster.resource(widget)).toBeNull();
  expect(api.requestsTo(`GET ${objects}`)).toHaveLength(1);
});

test('a server that cannot say is an error, never a missing kind', async () => {
  await using api = await startFakeApi({
    'GET /apis/example.com/v1': refusal(503, 'ServiceUnavailable', 'the server is currently unable'),
  });
  await using cluster = await connect(api.url, { clock: hastyClock() });
  await expect(cluster.resource(widget)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
});
