import { expect, test } from 'vitest';
import { configMap, connect, deployment, kubeconfigOf, settings } from './connect.ts';
import { type Answer, inTurn, json, refusal, startFakeApi } from './fake-api.ts';

const settingsRoute = '/api/v1/namespaces/web/configmaps/settings';
const stored = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'web' },
  data: { a: '1' },
  'x-unknown': [1],
};

test('a read keeps every field, also those that no model knows', async () => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: json(200, stored) });
  await using cluster = await connect(api.url);
  expect(await cluster.get(settings)).toEqual(stored);
  expect(api.requestsTo(`GET ${settingsRoute}`)[0]?.headers).toMatchObject({
    authorization: 'Bearer letmein',
    'user-agent': 'tagalong/test',
  });
});

test('a missing object is null', async () => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: refusal(404, 'NotFound', 'configmaps "settings" not found') });
  await using cluster = await connect(api.url);
  expect(await cluster.get(settings)).toBeNull();
});

test('a missing kind is an error in the words of kubectl and Flux, without a reason', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url);
  const lookup = cluster.get({ group: 'example.com', version: 'v1', kind: 'Widget', namespace: 'web', name: 'w' });
  await expect(lookup).rejects.toMatchObject({
    code: 'NOT_FOUND',
    reason: undefined,
    message: 'no matches for kind "Widget" in version "example.com/v1"',
  });
});

test('a kind whose path went away is an error, not a missing object', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a namespaced object without a namespace is refused before anything is sent', async () => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url);
  const lookup = cluster.delete({ ...configMap, name: 'settings' });
  await expect(lookup).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the server could not find the requested resource' });
  expect(api.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
});

test.for([
  { because: 'an empty name would name the whole collection', name: '' },
  { because: 'dots would leave the path', name: '..' },
  { because: 'a slash would name something else', name: 'a/status' },
  { because: 'a percent sign would be decoded into anything', name: '%2e%2e' },
])('a delete of "$name" is not sent: $because', async ({ name }) => {
  await using api = await startFakeApi();
  await using cluster = await connect(api.url);
  await expect(cluster.delete({ ...settings, name })).rejects.toMatchObject({ code: 'INVALID' });
  expect(api.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
});

test('an apply is a server-side apply with manager, force and dry run', async () => {
  await using api = await startFakeApi({ [`PATCH ${settingsRoute}`]: json(200, stored) });
  await using cluster = await connect(api.url);
  await cluster.apply(stored, { fieldManager: 'kustomize-controller', force: true, dryRun: true });
  const [request] = api.requestsTo(`PATCH ${settingsRoute}`);
  expect(request?.headers['content-type']).toBe('application/apply-patch+yaml');
  expect(Object.fromEntries(request?.query ?? [])).toEqual({
    fieldManager: 'kustomize-controller',
    force: 'true',
    dryRun: 'All',
  });
  expect(JSON.parse(request?.body ?? '')).toEqual(stored);
});

test.for([
  ['another object', { metadata: { name: 'other' } }],
  ['no metadata', { kind: 'ConfigMap' }],
  ['nothing', null],
  ['a list', []],
])('%s in place of what was asked for is an error', async ([, answer]) => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: json(200, answer) });
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings)).rejects.toMatchObject({ code: 'SERVER_ERROR' });
});

test('a create posts to the collection', async () => {
  await using api = await startFakeApi({ 'POST /api/v1/namespaces/web/configmaps': json(201, stored) });
  await using cluster = await connect(api.url);
  expect(await cluster.create(stored, { fieldManager: 'me' })).toEqual(stored);
});

test.for([
  { type: 'merge' as const, subresource: 'status' as const, path: '/apis/apps/v1/namespaces/web/deployments/web/status' },
  { type: 'json' as const, subresource: undefined, path: '/apis/apps/v1/namespaces/web/deployments/web' },
  { type: 'merge' as const, subresource: 'scale' as const, path: '/apis/apps/v1/namespaces/web/deployments/web/scale' },
])('a $type patch goes to $path', async ({ type, subresource, path }) => {
  await using api = await startFakeApi({ [`PATCH ${path}`]: json(200, { metadata: { name: 'web' } }) });
  await using cluster = await connect(api.url);
  await cluster.patch(
    { ...deployment, namespace: 'web', name: 'web' },
    { status: null },
    { type, ...(subresource ? { subresource } : {}) },
  );
  const [request] = api.requestsTo(`PATCH ${path}`);
  expect(request?.headers['content-type']).toBe(`application/${type === 'json' ? 'json' : 'merge'}-patch+json`);
  expect(request?.body).toBe('{"status":null}');
});

test('a delete carries propagation and the uid it means', async () => {
  await using api = await startFakeApi({ [`DELETE ${settingsRoute}`]: json(200, { kind: 'Status', status: 'Success' }) });
  await using cluster = await connect(api.url);
  expect(await cluster.delete(settings, { propagation: 'Background', uid: 'u-1' })).toBe('deleted');
  expect(JSON.parse(api.requestsTo(`DELETE ${settingsRoute}`)[0]?.body ?? '')).toMatchObject({
    propagationPolicy: 'Background',
    preconditions: { uid: 'u-1' },
  });
});

test('deleting what is not there is absent', async () => {
  await using api = await startFakeApi({
    [`DELETE ${settingsRoute}`]: refusal(404, 'NotFound', 'configmaps "settings" not found'),
  });
  await using cluster = await connect(api.url);
  expect(await cluster.delete(settings)).toBe('absent');
});

test.for([
  { http: 400, reason: 'BadRequest', code: 'INVALID' },
  { http: 401, reason: 'Unauthorized', code: 'UNAUTHORIZED' },
  { http: 403, reason: 'Forbidden', code: 'FORBIDDEN' },
  { http: 405, reason: 'MethodNotAllowed', code: 'UNSUPPORTED' },
  { http: 409, reason: 'Conflict', code: 'CONFLICT' },
  { http: 409, reason: 'AlreadyExists', code: 'ALREADY_EXISTS' },
  { http: 410, reason: 'Expired', code: 'GONE' },
  { http: 415, reason: 'UnsupportedMediaType', code: 'UNSUPPORTED' },
  { http: 422, reason: 'Invalid', code: 'INVALID' },
  { http: 500, reason: 'InternalError', code: 'SERVER_ERROR' },
  { http: 500, reason: 'ServerTimeout', code: 'TIMEOUT' },
  { http: 504, reason: 'Timeout', code: 'TIMEOUT' },
])('$http $reason is $code, with the server’s words', async ({ http, reason, code }) => {
  const causes = [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.spec' }];
  await using api = await startFakeApi({ [`PATCH ${settingsRoute}`]: refusal(http, reason, 'because I say so', { causes }) });
  await using cluster = await connect(api.url);
  const apply = cluster.apply(stored, { fieldManager: 'me', force: false });
  await expect(apply).rejects.toMatchObject({ name: 'ClusterError', code, reason, message: 'because I say so', causes });
});

test('an answer that is no Status names the request and what came back, without control characters', async () => {
  const broken: Answer = (_request, response) => response.writeHead(502).end('bad\u001b[31m gateway');
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: broken });
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings)).rejects.toMatchObject({
    code: 'SERVER_ERROR',
    message: `GET ${api.url}${settingsRoute}: the server answered 502: bad[31m gateway`,
  });
});

test('a server that asks to wait is asked again', async () => {
  const busy = json(429, { kind: 'Status', code: 429, message: 'too many' }, { 'retry-after': '0' });
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: inTurn(busy, busy, json(200, stored)) });
  await using cluster = await connect(api.url);
  expect(await cluster.get(settings)).toEqual(stored);
});

test('a long wait is handed to the caller as the time of the next try', async () => {
  const busy = json(429, { kind: 'Status', code: 429, message: 'too many' }, { 'retry-after': '120' });
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: busy });
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', retry: { afterMs: 120_000 } });
  expect(api.requestsTo(`GET ${settingsRoute}`)).toHaveLength(1);
});

test('a server that does not answer in time is TIMEOUT', async () => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: () => {} });
  await using cluster = await connect(api.url, { requestTimeoutMs: 50 });
  await expect(cluster.get(settings)).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('a server that is not there is UNREACHABLE and named', async () => {
  const api = await startFakeApi();
  await api[Symbol.asyncDispose]();
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings)).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining(api.url) });
});

test('an abort rejects with the reason of the caller', async () => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: () => stop.abort(new Error('the spec changed')) });
  const stop = new AbortController();
  await using cluster = await connect(api.url);
  await expect(cluster.get(settings, stop.signal)).rejects.toThrow('the spec changed');
});

test('a read whose connection breaks is repeated once, a create is not', async () => {
  const breaks: Answer = (_request, response) => response.destroy();
  await using api = await startFakeApi({
    [`GET ${settingsRoute}`]: inTurn(breaks, json(200, stored)),
    'POST /api/v1/namespaces/web/configmaps': inTurn(breaks, json(201, stored)),
  });
  await using cluster = await connect(api.url);
  expect(await cluster.get(settings)).toEqual(stored);
  await expect(cluster.create(stored)).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('connections are kept and shared, with other identities too', async () => {
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: json(200, stored) });
  await using cluster = await connect(api.url);
  const tenant = cluster.impersonate('system:serviceaccount:web:deployer');
  for (let round = 0; round < 3; round += 1) {
    await cluster.get(settings);
    await tenant.get(settings);
  }
  expect(api.connections()).toBeLessThanOrEqual(2); // one may still be finishing when the next request starts
  const users = api.requestsTo(`GET ${settingsRoute}`).map(({ headers }) => headers['impersonate-user']);
  expect(users).toEqual([
    undefined,
    'system:serviceaccount:web:deployer',
    undefined,
    'system:serviceaccount:web:deployer',
    undefined,
    'system:serviceaccount:web:deployer',
  ]);
});

test('many requests run at once', async () => {
  const waiting: (() => void)[] = [];
  const together: Answer = (request, response) => {
    waiting.push(() => json(200, stored)(request, response));
    if (waiting.length === 20) for (const answer of waiting) answer();
  };
  await using api = await startFakeApi({ [`GET ${settingsRoute}`]: together });
  await using cluster = await connect(api.url);
  const answers = await Promise.all(Array.from({ length: 20 }, () => cluster.get(settings)));
  expect(answers).toHaveLength(20);
});

test('a server behind a path is asked under that path', async () => {
  const resources = [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: [] }];
  await using api = await startFakeApi({
    'GET /k8s/clusters/c-1/api/v1': json(200, { kind: 'APIResourceList', resources }),
    [`GET /k8s/clusters/c-1${settingsRoute}`]: json(200, stored),
  });
  await using cluster = await connect(api.url, { kubeconfig: { yaml: kubeconfigOf(`${api.url}/k8s/clusters/c-1/`) } });
  expect(await cluster.get(settings)).toEqual(stored);
});
