import { describe, expect, test } from 'vitest';
import { Secret, type TagChoice } from '../../src/core/index.ts';
import { accessTo } from './access-to.ts';
import { askedFor, openRegistry } from './open-registry.ts';
import { stoppedClock } from './stopped-clock.ts';

const tags = ['a', 'b', 'c', 'd', 'e'];

describe('a registry that sends ETags', () => {
  test('is asked whether a page changed, and what did not is not read again', async () => {
    await using registry = await openRegistry(tags, { pageSize: 2, entityTags: true });
    const first = await registry.client.fetchTags(registry.image, accessTo());
    expect(await registry.client.fetchTags(registry.image, accessTo())).toEqual(first);
    expect(registry.server.requests.map(({ status }) => status)).toEqual([200, 200, 200, 304, 304, 304]);
  });

  test('is read where a page changed, and only there', async () => {
    await using registry = await openRegistry(tags, { pageSize: 2, entityTags: true });
    await registry.client.fetchTags(registry.image, accessTo());
    await registry.server.pushTag('acme/web', 'f');
    expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual([...tags, 'f']);
    expect(registry.server.requests.map(({ status }) => status)).toEqual([200, 200, 200, 304, 304, 200]);
  });

  test('tells each credential by itself', async () => {
    const auth = { kind: 'basic', username: 'u', password: 'right' } as const;
    await using registry = await openRegistry(tags, { entityTags: true, auth });
    const access = accessTo({ credentials: { kind: 'basic', username: 'u', password: new Secret('right') } });
    await registry.client.fetchTags(registry.image, access);
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  test('is read again by whoever keeps other tags', async () => {
    await using registry = await openRegistry(tags, { entityTags: true });
    expect((await registry.client.fetchTags(registry.image, accessTo(), undefined, only('a'))).tags).toEqual(['a']);
    expect((await registry.client.fetchTags(registry.image, accessTo(), undefined, only('b'))).tags).toEqual(['b']);
    expect(registry.server.requests.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a registry that refuses to list as many tags at a time', () => {
  test('is asked for fewer, and from then on', async () => {
    await using registry = await openRegistry(tags, { pageSize: 2, largestAsked: 100 });
    expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
    await registry.client.fetchTags(registry.image, accessTo());
    const asked = askedFor(registry.server, 'tags/list').map((line) => line.slice('GET /v2/acme/web/tags/list'.length));
    expect(asked).toEqual(['?n=1000', '?n=100', '?last=b&n=2', '?last=d&n=2', '?n=100', '?last=b&n=2', '?last=d&n=2']);
  });

  test('whatever the number, is left to choose it', async () => {
    await using registry = await openRegistry(tags);
    registry.server.setFault({ kind: 'status', status: 400, on: 'n=' });
    expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
    expect(askedFor(registry.server, 'tags/list').at(-1)).toBe('GET /v2/acme/web/tags/list');
  });

  test('though not for its number, is not asked for another number', async () => {
    await using registry = await openRegistry(tags);
    registry.server.setFault({ kind: 'status', status: 400, body: '{"errors":[{"code":"NAME_INVALID"}]}' });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toThrow('NAME_INVALID');
    expect(askedFor(registry.server, 'n=100&')).toEqual([]);
    expect(askedFor(registry.server, 'tags/list').every((line) => line.endsWith('n=1000'))).toBe(true);
  });

  test('and refuses everything says so', async () => {
    await using registry = await openRegistry(tags);
    registry.server.setFault({ kind: 'status', status: 400 });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toThrow('answered 400');
  });
});

test('a page that fails is asked for again, and the pages before it are not', async () => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ kind: 'status', status: 502, on: 'last=b', times: 1 });
  expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
  expect(askedFor(registry.server, 'tags/list')).toHaveLength(4);
});

describe('tags that nobody keeps', () => {
  test('are counted, and forgotten', async () => {
    await using registry = await openRegistry(tags, { pageSize: 2 });
    const listing = await registry.client.fetchTags(registry.image, accessTo(), undefined, only('b', 'e'));
    expect(listing).toEqual({ tags: ['b', 'e'], total: 5, malformed: 0 });
  });

  test('do not count towards the tags that may be kept', async () => {
    await using registry = await openRegistry(tags, {}, { limits: { maxTags: 2 } });
    const listing = await registry.client.fetchTags(registry.image, accessTo(), undefined, only('b', 'e'));
    expect(listing.tags).toEqual(['b', 'e']);
  });

  test('are those of each caller, on one walk', async () => {
    await using registry = await openRegistry(tags);
    const ask = (choice?: TagChoice) => registry.client.fetchTags(registry.image, accessTo(), undefined, choice);
    const listings = await Promise.all([ask(only('a')), ask(only('b', 'c')), ask()]);
    expect(listings.map((listing) => listing.tags)).toEqual([['a'], ['b', 'c'], tags]);
    expect(askedFor(registry.server, 'tags/list')).toHaveLength(1);
  });

  test('are read again by who comes when some of them are gone', async () => {
    await using registry = await openRegistry(tags, { pageSize: 1 });
    registry.server.setFault({ kind: 'trickle', everyMs: 2, on: 'last=a' });
    const early = registry.client.fetchTags(registry.image, accessTo(), undefined, only('e'));
    await expect.poll(() => askedFor(registry.server, 'last=a')).toHaveLength(1);
    const late = registry.client.fetchTags(registry.image, accessTo(), undefined, only('a'));
    expect([(await early).tags, (await late).tags]).toEqual([['e'], ['a']]);
  });
});

describe('one host', () => {
  test('is not asked more often in a second than its budget has', async () => {
    const clock = stoppedClock();
    await using registry = await openRegistry(tags, { pageSize: 1 }, { clock, perSecond: 2 });
    await registry.client.fetchTags(registry.image, accessTo());
    expect(clock.slept).toEqual([500, 500, 500]);
  });

  test.for<LimitRow>([
    { because: 'seconds', headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '7' } },
    { because: 'one header of the later drafts', headers: { ratelimit: '"default";r=0;t=7' } },
    { because: 'one header of the earlier drafts', headers: { ratelimit: 'limit=100, remaining=0, reset=7' } },
    {
      because: 'seconds since 1970',
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.UTC(2026, 0, 1) / 1000 + 7) },
    },
  ])('that says by $because that nothing is left is left alone until then', async ({ headers }) => {
    const clock = stoppedClock();
    await using registry = await openRegistry(tags, {}, { clock });
    registry.server.setFault({ kind: 'status', status: 200, headers, body: '{"tags":["a"]}', times: 1 });
    await registry.client.fetchTags(registry.image, accessTo());
    expect(clock.slept).toEqual([]);
    await registry.client.fetchTags(registry.image, accessTo());
    expect(clock.slept).toEqual([7000]);
  });

  test.for<LimitRow>([
    { because: 'something is left', headers: { 'ratelimit-remaining': '76;w=21600', 'ratelimit-reset': '7' } },
    { because: 'it names no end', headers: { 'ratelimit-remaining': '0;w=21600' } },
    { because: 'it says nothing of use', headers: { ratelimit: 'soon', 'ratelimit-reset': 'x' } },
  ])('is asked at once where $because', async ({ headers }) => {
    const clock = stoppedClock();
    await using registry = await openRegistry(tags, {}, { clock });
    registry.server.setFault({ kind: 'status', status: 200, headers, body: '{"tags":["a"]}', times: 1 });
    await registry.client.fetchTags(registry.image, accessTo());
    await registry.client.fetchTags(registry.image, accessTo());
    expect(clock.slept).toEqual([]);
  });

  test('that refuses with its limits alone is asked again when they end', async () => {
    const clock = stoppedClock();
    await using registry = await openRegistry(tags, {}, { clock });
    registry.server.setFault({ kind: 'status', status: 429, headers: { 'ratelimit-reset': '4' }, times: 1 });
    expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(tags);
    expect(clock.slept).toEqual([4000]);
  });

  test('that trickles without end does not keep its slot for ever', async () => {
    await using registry = await openRegistry(tags, {}, { tries: 1, exchangeMs: 50 });
    registry.server.setFault({ kind: 'trickle', everyMs: 5 });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: expect.stringContaining('trickles'),
    });
  });
});

test('a token for one repository tells how to ask for that of another', async () => {
  const auth = { kind: 'bearer', username: 'u', password: 'p' } as const;
  await using registry = await openRegistry(tags, { auth });
  await registry.server.pushTag('acme/api', '1');
  const access = accessTo({ credentials: { kind: 'basic', username: 'u', password: new Secret('p') } });
  await registry.client.fetchTags(registry.image, access);
  await registry.client.fetchTags({ ...registry.image, repository: 'acme/api' }, access);
  expect(registry.server.requests.map(({ path }) => path.split('?')[0])).toEqual([
    ...['/v2/acme/web/tags/list', '/token', '/v2/acme/web/tags/list'],
    ...['/token', '/v2/acme/api/tags/list'],
  ]);
});

interface LimitRow {
  readonly because: string;
  readonly headers: Readonly<Record<string, string>>;
}

function only(...wanted: readonly string[]): TagChoice {
  return { key: wanted.join(' '), accepts: (tag) => wanted.includes(tag) };
}
