import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type RegistryCredentials, Secret } from '../../src/core/index.ts';
import { createRegistry, parseImageName } from '../../src/registry/index.ts';
import type { RegistryAuth } from '../../src/sandbox/index.ts';
import { accessTo } from './access-to.ts';
import { askedFor, openRegistry } from './open-registry.ts';

const login = { username: 'scanner', password: 'correct horse battery' };
const bearer: RegistryAuth = { kind: 'bearer', ...login };
const credentials: RegistryCredentials = { kind: 'basic', username: login.username, password: new Secret(login.password) };

describe('a registry that gives tokens', () => {
  test('is asked for one after its challenge, and only once while it lives', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: bearer });
    const access = accessTo({ credentials });
    for (let round = 0; round < 3; round += 1) await registry.client.fetchTags(registry.image, access);
    expect(registry.server.requests.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'GET /v2/acme/web/tags/list?n=1000 401',
      'GET /token?service=sandbox&scope=repository%3Aacme%2Fweb%3Apull 200',
      'GET /v2/acme/web/tags/list?n=1000 200',
      'GET /v2/acme/web/tags/list?n=1000 200',
      'GET /v2/acme/web/tags/list?n=1000 200',
    ]);
  });

  test('is asked for a new one when the old one has run out, before the registry has to refuse it', async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => {}, schedule: () => () => {} };
    await using registry = await openRegistry(['1.0.0'], { auth: { ...bearer, expiresInSeconds: 100 }, clock }, { clock });
    await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    now = 95_000;
    await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    expect(askedFor(registry.server, '/token')).toHaveLength(2);
    expect(registry.server.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });

  test('is asked for a new one when it refuses the old one early', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: bearer });
    await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    registry.server.revokeTokens();
    expect((await registry.client.fetchTags(registry.image, accessTo({ credentials }))).tags).toEqual(['1.0.0']);
    expect(askedFor(registry.server, '/token')).toHaveLength(2);
  });

  test('is not asked for ever when it refuses what it gave', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: bearer });
    registry.server.setFault({
      kind: 'status',
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${registry.server.url}/token",service="sandbox"` },
    });
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(askedFor(registry.server, 'tags/list')).toHaveLength(2);
  });

  test.for([
    {
      because: 'without a password where everybody may pull',
      auth: { ...bearer, anonymousPull: true } as const,
      using: { kind: 'anonymous' } as const,
    },
    { because: 'named access_token', auth: { ...bearer, field: 'access_token' } as const, using: credentials },
    {
      because: 'for an identity token',
      auth: { ...bearer, identityToken: 'refresh-me' } as const,
      using: { kind: 'identity', token: new Secret('refresh-me') } as const,
    },
  ])('gives one $because', async ({ auth, using }) => {
    await using registry = await openRegistry(['1.0.0'], { auth });
    expect((await registry.client.fetchTags(registry.image, accessTo({ credentials: using }))).tags).toEqual(['1.0.0']);
  });

  test('says why it gives none, and the password is not in it', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: bearer });
    const wrong: RegistryCredentials = { kind: 'basic', username: 'scanner', password: new Secret('hunter22') };
    registry.server.setFault({ kind: 'status', status: 401, body: '{"details":"hunter22 is not the password"}', on: '/token' });
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials: wrong }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining(`token service ${registry.server.host} answered 401: [redacted] is not the password`),
    });
  });

  test.for([
    { because: 'is not JSON', body: 'token' },
    { because: 'has no token', body: '{}' },
    { because: 'has a token that would be a header of its own', body: JSON.stringify({ token: 'a\r\nX-Evil: 1' }) },
  ])('whose answer $because is a BAD_RESPONSE', async ({ body }) => {
    await using registry = await openRegistry(['1.0.0'], { auth: bearer });
    registry.server.setFault({ kind: 'body', body, on: '/token' });
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials }))).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
    });
  });

  test('at another host without https is sent nothing', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: { ...bearer, realm: 'http://auth.example/token' } });
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials }))).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('a token service at auth.example without https; nothing was sent there'),
    });
  });

  test('is asked once by all who wait for the same', async () => {
    await using registry = await openRegistry(['1.0.0', '1.1.0'], { auth: bearer });
    await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    registry.server.revokeTokens();
    const digests = ['1.0.0', '1.1.0'].map((tag) => registry.client.fetchDigest(registry.image, tag, accessTo({ credentials })));
    expect(new Set(await Promise.all(digests)).size).toBe(2);
    expect(askedFor(registry.server, '/token')).toHaveLength(2);
  });
});

describe('a registry that wants a password', () => {
  test('is sent it with the first request from the second listing on', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: { kind: 'basic', ...login } });
    for (let round = 0; round < 2; round += 1) await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    expect(registry.server.requests.map(({ authorization, status }) => `${authorization} ${status}`)).toEqual([
      'none 401',
      'basic 200',
      'basic 200',
    ]);
  });

  test('is not sent one that it refused again', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: { kind: 'basic', ...login } });
    const wrong: RegistryCredentials = { kind: 'basic', username: 'scanner', password: new Secret('nope-nope') };
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials: wrong }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(registry.server.requests).toHaveLength(2);
  });

  test('and hides what strangers may not see behind a 404 is asked for its challenge', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: { kind: 'basic', ...login } });
    registry.server.setFault({ kind: 'status', status: 404, times: 1 });
    expect((await registry.client.fetchTags(registry.image, accessTo({ credentials }))).tags).toEqual(['1.0.0']);
  });
});

describe('a redirect', () => {
  test('to another host is followed without the password', async () => {
    await using other = await listen((_, response) => response.end('{"name":"acme/web","tags":["elsewhere"]}'));
    await using registry = await openRegistry(['1.0.0'], { auth: { kind: 'basic', ...login } });
    await registry.client.fetchTags(registry.image, accessTo({ credentials }));
    registry.server.setFault({ kind: 'status', status: 307, headers: { location: `http://127.0.0.1:${other.port}/list` } });
    expect((await registry.client.fetchTags(registry.image, accessTo({ credentials }))).tags).toEqual(['elsewhere']);
    expect(other.seen).toEqual([{ url: '/list', authorization: undefined }]);
  });

  test('to another host that asks for a password gets none', async () => {
    await using other = await listen((_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    await using registry = await openRegistry(['1.0.0']);
    registry.server.setFault({ kind: 'status', status: 302, headers: { location: `http://127.0.0.1:${other.port}/list` } });
    await expect(registry.client.fetchTags(registry.image, accessTo({ credentials }))).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(other.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test('within the registry keeps the password', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth: { kind: 'basic', ...login } });
    registry.server.setFault({
      kind: 'status',
      status: 308,
      headers: { location: '/v2/acme/web/tags/list' },
      on: 'n=1000',
      after: 1,
      times: 1,
    });
    expect((await registry.client.fetchTags(registry.image, accessTo({ credentials }))).tags).toEqual(['1.0.0']);
  });

  test.for([
    { because: 'without end', location: '/v2/acme/web/tags/list?n=1000' },
    { because: 'to an address that is none', location: 'http://:0:/' },
    { because: 'to a file', location: 'file:///etc/passwd' },
  ])('$because is a BAD_RESPONSE', async ({ location }) => {
    await using registry = await openRegistry(['1.0.0'], {}, { tries: 1 });
    registry.server.setFault({ kind: 'status', status: 302, headers: { location } });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  test('to an address off limits is not followed', async () => {
    await using registry = await openRegistry(['1.0.0']);
    registry.server.setFault({ kind: 'status', status: 302, headers: { location: 'http://169.254.169.254/latest/meta-data/' } });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  });
});

test.for([
  '169.254.169.254/acme/web',
  '[fe80::1]:5000/acme/web',
  '[::ffff:169.254.169.254]:80/acme/web',
  '2852039166:80/acme/web',
])('a registry at %s is never spoken to', async (name) => {
  const client = createRegistry();
  await expect(client.fetchTags(parseImageName(name), accessTo({ insecure: true }))).rejects.toMatchObject({
    code: 'ADDRESS_FORBIDDEN',
    message: expect.stringContaining('off limits'),
  });
  await client.close();
});

test('a name that resolves to an address off limits is never spoken to', async () => {
  await using registry = await openRegistry(
    ['1.0.0'],
    {},
    {
      checkAddress: (_host, address) => {
        if (address === '127.0.0.1' || address === '::1') throw new Error('this machine is off limits');
      },
    },
  );
  const image = { registry: registry.server.host.replace('127.0.0.1', 'localhost'), repository: 'acme/web' };
  await expect(registry.client.fetchTags(image, accessTo({ timeoutMs: 5000 }))).rejects.toThrow('off limits');
  expect(registry.server.requests).toEqual([]);
});

async function listen(listener: RequestListener) {
  const seen: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, authorization: request.headers.authorization });
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("a cloud's token that the registry exchanges", () => {
  const auth: RegistryAuth = { ...bearer, identityToken: 'refresh' };
  const access = accessTo({ credentials: { kind: 'exchange', token: new Secret('of the cloud') } });

  test('becomes a refresh token, and that a token', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth });
    registry.server.setFault({ kind: 'status', status: 200, body: '{"refresh_token":"refresh"}', on: 'POST /oauth2/exchange' });
    expect((await registry.client.fetchTags(registry.image, access)).tags).toEqual(['1.0.0']);
    expect(registry.server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'GET /v2/acme/web/tags/list',
      'POST /oauth2/exchange',
      'POST /token',
      'GET /v2/acme/web/tags/list',
    ]);
  });

  test('that is refused is told as such, without the token', async () => {
    await using registry = await openRegistry(['1.0.0'], { auth });
    const body = '{"errors":[{"code":"UNAUTHORIZED","message":"of the cloud is not known"}]}';
    registry.server.setFault({ kind: 'status', status: 401, body, on: 'POST /oauth2/exchange' });
    const error = await registry.client.fetchTags(registry.image, access).catch(String);
    expect(error).toContain('token exchange of');
    expect(error).not.toContain('of the cloud');
  });
});
