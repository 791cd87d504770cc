import { expect, test } from 'vitest';
import { createRegistry, parseImageName } from '../../src/registry/index.ts';
import type { RegistryFault } from '../../src/sandbox/index.ts';
import { accessTo } from './access-to.ts';
import { askedFor, openRegistry } from './open-registry.ts';

const tags = ['a', 'b', 'c', 'd'];

const passing: readonly { readonly because: string; readonly fault: RegistryFault }[] = [
  { because: 'answers 500', fault: { kind: 'status', status: 500 } },
  { because: 'answers 502 with a page for people', fault: { kind: 'status', status: 502, body: '<html>Bad gateway</html>' } },
  { because: 'answers 429 and names no time', fault: { kind: 'status', status: 429 } },
  { because: 'answers 429 and asks for no wait', fault: { kind: 'status', status: 429, headers: { 'retry-after': '0' } } },
  { because: 'is cut in the middle', fault: { kind: 'cut' } },
  {
    because: 'is shorter than it says, though it can be read',
    fault: {
      kind: 'status',
      status: 200,
      headers: { 'content-length': '500', connection: 'close' },
      body: '{"name":"acme/web","tags":["c"]}',
    },
  },
  { because: 'is half a JSON text', fault: { kind: 'body', body: '{"name":"acme/web","tags":["a","b"' } },
  { because: 'is not JSON', fault: { kind: 'body', body: 'hello' } },
  { because: 'is JSON, but no tag list', fault: { kind: 'body', body: '{"status":"ok"}' } },
  { because: 'is hung up on', fault: { kind: 'hang-up' } },
];

test.for(passing)('a page that $because is asked for again, without starting over', async ({ fault }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ ...fault, on: 'last=b', times: 2 });
  expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
  expect(askedFor(registry.server, 'tags/list?n=1000')).toHaveLength(1);
});

test.for(passing)('a page that $because again and again is an error, never a shortened list', async ({ fault }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ ...fault, on: 'last=b' });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
    name: 'RegistryError',
    code: expect.stringMatching(/^(UNAVAILABLE|BAD_RESPONSE|RATE_LIMITED|UNREACHABLE)$/),
    reason: 'ReadOperationFailed',
    message: expect.stringContaining(`listing tags of ${registry.server.host}/acme/web: `),
  });
  expect(askedFor(registry.server, 'last=b')).toHaveLength(4);
});

test.for([
  {
    status: 401,
    body: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
    code: 'UNAUTHORIZED',
    says: '401: UNAUTHORIZED: authentication required',
  },
  {
    status: 403,
    body: '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}',
    code: 'FORBIDDEN',
    says: '403: DENIED: requested access is denied',
  },
  {
    status: 404,
    body: '{"errors":[{"code":"NAME_UNKNOWN","message":"no such name"}]}',
    code: 'NOT_FOUND',
    says: '404: NAME_UNKNOWN: no such name',
  },
  { status: 400, body: 'what?', code: 'BAD_RESPONSE', says: '400: what?' },
])('$status is $code and tells what the registry said', async ({ status, body, code, says }) => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'status', status, body });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
    code,
    retry: 'backoff',
    message: expect.stringContaining(`registry answered ${says}`),
  });
});

test.for([{ status: 401 }, { status: 403 }, { status: 404 }])('$status is not asked for again', async ({ status }) => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'status', status });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toThrow(`answered ${status}`);
  expect(askedFor(registry.server, 'tags/list')).toHaveLength(1);
});

test('control and bidirectional characters of an error stay out of the message', async () => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'status', status: 404, body: 'no\u001b[31m\nsuch\u202e name\u0000' });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toThrow(
    /registry answered 404: no\[31m such name$/,
  );
});

test('an endless error text is cut', async () => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'status', status: 404, body: 'x'.repeat(100_000) });
  const error = await registry.client.fetchTags(registry.image, accessTo()).catch(String);
  expect(String(error).length).toBeLessThan(500);
});

test('nobody at the port is UNREACHABLE', async () => {
  await using registry = await openRegistry(tags);
  await registry.server[Symbol.asyncDispose]();
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a host that is none is UNREACHABLE', async () => {
  const client = createRegistry({ tries: 1 });
  await expect(client.fetchTags(parseImageName('no-such-host.invalid/acme/web'), accessTo())).rejects.toMatchObject({
    code: 'UNREACHABLE',
  });
  await client.close();
});

test.for([
  { because: 'never answers', fault: { kind: 'silence' } as const },
  { because: 'answers a byte at a time', fault: { kind: 'trickle', everyMs: 30 } as const },
])('a registry that $because is a TIMEOUT of the whole listing', async ({ fault }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ ...fault, on: 'last=b' });
  await expect(registry.client.fetchTags(registry.image, accessTo({ timeoutMs: 200 }))).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('no complete answer within 0.2 s'),
  });
});

test('a server that falls silent is asked again before the deadline', async () => {
  await using registry = await openRegistry(tags, {}, { silenceMs: 100 });
  registry.server.setFault({ kind: 'silence', times: 1 });
  expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
});

test('an abort ends the listing with its reason', async () => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'silence' });
  const controller = new AbortController();
  const listing = registry.client.fetchTags(registry.image, accessTo(), controller.signal);
  controller.abort(new Error('shutting down'));
  await expect(listing).rejects.toThrow('shutting down');
});

test('closing the client ends what is in flight as CLOSED, and refuses what comes after', async () => {
  await using registry = await openRegistry(tags);
  registry.server.setFault({ kind: 'silence' });
  const listing = registry.client.fetchTags(registry.image, accessTo());
  const ended = expect(listing).rejects.toMatchObject({ code: 'CLOSED' });
  await registry.client.close();
  await ended;
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'CLOSED' });
});
