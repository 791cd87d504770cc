import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttpProxy, type TestProxy } from '../registry/proxies.ts';
import { hurry } from './support/hurry.ts';
import { imageRepository, secret } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const password = 'hunter2-hunter2';
const login = { username: 'through', password: 'the wall' };
let loop: Loop;
let proxy: TestProxy;

beforeAll(async () => {
  proxy = await startHttpProxy({ login });
  loop = await startLoop({
    registry: { auth: { kind: 'bearer', username: 'bot', password } },
    repository: { spec: { serviceAccountName: 'puller' } },
    automation: null,
    source: null,
  });
});
afterAll(async () => {
  await loop[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});

test('a ServiceAccount that is missing is named, and nobody is asked', async () => {
  const ready = await loop.ready('ImageRepository', 'web', 'False');
  expect(ready).toMatchObject({ reason: 'AuthenticationFailed', message: expect.stringContaining("'default/puller'") });
  expect(loop.registry.requests).toHaveLength(0);
});

test('one of its pull secrets that is missing is named too', async () => {
  await loop.apply(accountWith([{ name: 'pull' }]));
  await loop.request('ImageRepository', 'web');
  expect((await loop.ready('ImageRepository', 'web', 'False')).message).toContain("'default/pull'");
});

test('its pull secrets open the registry', async () => {
  const auths = { [loop.registry.host]: { username: 'bot', password } };
  const pull = secret('pull', { '.dockerconfigjson': JSON.stringify({ auths }) });
  await loop.apply({ ...pull, type: 'kubernetes.io/dockerconfigjson' });
  await hurry(loop, loop.request('ImageRepository', 'web'));
  expect((await loop.ready('ImageRepository', 'web')).message).toContain('found 1 tags');
});

test('a proxy that is named is used, with its login', async () => {
  const { username, password: secretWord } = login;
  await loop.apply(secret('proxy', { address: proxy.address, username, password: secretWord }));
  await loop.patch('ImageRepository', 'web', { spec: { proxySecretRef: { name: 'proxy' } } });
  await loop.request('ImageRepository', 'web');
  await loop.ready('ImageRepository', 'web');
  expect(proxy.seen.some((line) => line.includes('/v2/web/tags/list'))).toBe(true);
});

test('a proxy that is none is told, and nobody is asked', async () => {
  const asked = loop.registry.requests.length;
  await loop.apply(secret('proxy', { address: 'ftp://proxy.example' }));
  await loop.request('ImageRepository', 'web');
  const ready = await loop.ready('ImageRepository', 'web', 'False');
  expect(ready).toMatchObject({ reason: 'AuthenticationFailed', message: expect.stringContaining("'address' is not an http") });
  expect(loop.registry.requests.length).toBe(asked);
});

test("a cloud's login goes to the cloud's registries alone", async () => {
  const asked = loop.registry.requests.length;
  await loop.apply(imageRepository(`${loop.registry.host}/web`, { metadata: { name: 'cloud' }, spec: { provider: 'aws' } }));
  const ready = await loop.ready('ImageRepository', 'cloud', 'False');
  expect(ready).toMatchObject({
    reason: 'AuthenticationFailed',
    message: expect.stringContaining('provider aws has no registry'),
  });
  expect(loop.registry.requests.length).toBe(asked);
});

function accountWith(imagePullSecrets: readonly { name: string }[]) {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'puller', namespace: 'default' }, imagePullSecrets };
}
