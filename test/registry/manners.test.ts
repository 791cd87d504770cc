import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { accessTo } from './access-to.ts';
import { certificates } from './certificates.ts';
import { askedFor, openRegistry } from './open-registry.ts';
import { stoppedClock } from './stopped-clock.ts';

describe('a registry that asks to wait', () => {
  test.for([
    { because: 'in seconds', value: () => '7' },
    { because: 'by a date', value: (now: number) => new Date(now + 7000).toUTCString() },
  ])('$because is left alone that long, then asked again', async ({ value }) => {
    const clock = stoppedClock();
    await using registry = await openRegistry(['a'], {}, { clock });
    registry.server.setFault({ kind: 'status', status: 429, headers: { 'retry-after': value(clock.now()) }, times: 1 });
    expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(['a']);
    expect(clock.slept).toEqual([7000]);
  });

  test('longer than the caller has time is RATE_LIMITED, with the time', async () => {
    await using registry = await openRegistry(['a'], {}, { clock: stoppedClock() });
    registry.server.setFault({
      kind: 'status',
      status: 429,
      headers: { 'retry-after': '3600' },
      body: '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}',
    });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retry: { afterMs: 3_600_000 },
      message: expect.stringContaining('registry answered 429: TOOMANYREQUESTS: slow down'),
    });
    expect(askedFor(registry.server, 'tags/list')).toHaveLength(1);
  });

  test('is left alone for every other image as well', async () => {
    await using registry = await openRegistry(['a'], {}, { clock: stoppedClock() });
    registry.server.setFault({ kind: 'status', status: 429, headers: { 'retry-after': '3600' }, times: 1 });
    await registry.client.fetchTags(registry.image, accessTo()).catch(() => undefined);
    const other = { ...registry.image, repository: 'acme/other' };
    await expect(registry.client.fetchTags(other, accessTo())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retry: { afterMs: 3_600_000 },
      message: expect.stringContaining('asked to wait for 3600 s'),
    });
    expect(askedFor(registry.server, 'acme/other')).toEqual([]);
  });

  test('for years is asked again after a day', async () => {
    await using registry = await openRegistry(['a'], {}, { clock: stoppedClock() });
    registry.server.setFault({ kind: 'status', status: 429, headers: { 'retry-after': '99999999999' } });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ retry: { afterMs: 86_400_000 } });
  });

  test.for(['soon', '-5', ''])('without a time that can be read (%o) is asked again after growing delays', async (value) => {
    const clock = stoppedClock();
    await using registry = await openRegistry(['a'], {}, { clock, retryDelayMs: 100, random: () => 0 });
    registry.server.setFault({ kind: 'status', status: 429, headers: { 'retry-after': value } });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retry: 'backoff',
    });
    expect(clock.slept).toEqual([100, 200, 400]);
  });
});

describe('callers who ask for the same at the same time', () => {
  test('share one walk', async () => {
    await using registry = await openRegistry(['a', 'b'], { pageSize: 1 });
    const listings = [1, 2, 3].map(() => registry.client.fetchTags(registry.image, accessTo()));
    expect((await Promise.all(listings)).map(({ tags }) => tags)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(askedFor(registry.server, 'tags/list')).toHaveLength(2);
  });

  test('do not share it with other credentials', async () => {
    await using registry = await openRegistry(['a'], { auth: { kind: 'basic', username: 'u', password: 'right' } });
    const ask = (password: string) =>
      registry.client.fetchTags(
        registry.image,
        accessTo({ credentials: { kind: 'basic', username: 'u', password: new Secret(password) } }),
      );
    const [right, wrong] = await Promise.allSettled([ask('right'), ask('wrong')]);
    expect([right.status, wrong.status]).toEqual(['fulfilled', 'rejected']);
  });

  test('are not ended by the one who leaves', async () => {
    await using registry = await openRegistry(['a']);
    registry.server.setFault({ kind: 'trickle', everyMs: 1 });
    const leaver = new AbortController();
    const left = registry.client.fetchTags(registry.image, accessTo(), leaver.signal);
    const stayed = registry.client.fetchTags(registry.image, accessTo());
    leaver.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect((await stayed).tags).toEqual(['a']);
    expect(askedFor(registry.server, 'tags/list')).toHaveLength(1);
  });
});

test('one host is asked a few things at a time', async () => {
  await using registry = await openRegistry(['t0', 't1', 't2', 't3', 't4'], {}, { concurrency: 2 });
  registry.server.setFault({ kind: 'silence', on: 'manifests/t', times: 2 });
  const controller = new AbortController();
  const digests = [0, 1, 2, 3, 4].map((n) =>
    registry.client.fetchDigest(registry.image, `t${n}`, accessTo(), n < 2 ? controller.signal : undefined),
  );
  const settled = Promise.allSettled(digests);
  await expect.poll(() => registry.server.requests.length).toBe(2);
  expect(askedFor(registry.server, 'manifests')).toHaveLength(2);
  controller.abort(new Error('enough'));
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
});

describe('a digest', () => {
  test.for([
    { because: 'HEAD names none', fault: { kind: 'status', status: 200 } as const },
    {
      because: 'HEAD names one that is none',
      fault: { kind: 'status', status: 200, headers: { 'docker-content-digest': 'sha256:../../x' } } as const,
    },
    { because: 'HEAD is not known', fault: { kind: 'status', status: 405 } as const },
  ])('is taken from the manifest itself where $because', async ({ fault }) => {
    await using registry = await openRegistry([]);
    const digest = await registry.server.pushTag('acme/web', '1.0.0');
    registry.server.setFault({ ...fault, on: 'HEAD /v2/acme/web/manifests' });
    expect(await registry.client.fetchDigest(registry.image, '1.0.0', accessTo())).toBe(digest);
  });

  test('that the manifest does not have is a BAD_RESPONSE', async () => {
    await using registry = await openRegistry(['1.0.0']);
    registry.server.setFault({ kind: 'status', status: 405, on: 'HEAD' });
    registry.server.setFault({ kind: 'body', body: '{}', on: 'GET /v2/acme/web/manifests' });
    await expect(registry.client.fetchDigest(registry.image, '1.0.0', accessTo())).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
    });
  });

  const wrong = `sha256:${'0'.repeat(64)}`;
  test.for([
    {
      because: 'there is no such manifest',
      fault: { kind: 'status', status: 200, headers: { 'docker-content-digest': wrong }, on: 'HEAD' } as const,
    },
    { because: 'what it sends for it is something else', fault: { kind: 'body', body: '{}', on: '/manifests/sha256:' } as const },
  ])('that a header claims is a BAD_RESPONSE where $because', async ({ fault }) => {
    await using registry = await openRegistry(['1.0.0']);
    registry.server.setFault(fault);
    await expect(registry.client.fetchDigest(registry.image, '1.0.0', accessTo())).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
    });
  });

  test('whose manifest was read once costs one HEAD', async () => {
    await using registry = await openRegistry(['1.0.0']);
    for (let times = 3; times > 0; times -= 1) await registry.client.fetchDigest(registry.image, '1.0.0', accessTo());
    expect(askedFor(registry.server, 'manifests').map((line) => line.split(' ')[0])).toEqual(['HEAD', 'GET', 'HEAD', 'HEAD']);
  });

  test('of a tag that cannot be is INVALID_NAME, and nothing is asked', async () => {
    await using registry = await openRegistry(['1.0.0']);
    await expect(registry.client.fetchDigest(registry.image, '../../x', accessTo())).rejects.toMatchObject({
      code: 'INVALID_NAME',
    });
    expect(registry.server.requests).toEqual([]);
  });
});

describe('TLS', () => {
  const tls = { ...certificates.server, clientCa: certificates.ca };

  test('shows the client certificate to a registry that wants one', async () => {
    await using registry = await openRegistry(['a'], { tls });
    const { certificate, key } = certificates.client;
    const access = accessTo({ tls: { ca: certificates.ca, certificate, key: new Secret(key) } });
    expect((await registry.client.fetchTags(registry.image, access)).tags).toEqual(['a']);
  });

  test('without the certificate such a registry cannot be listed, and the connection of others is not used', async () => {
    await using registry = await openRegistry(['a'], { tls }, { tries: 1 });
    const { certificate, key } = certificates.client;
    await registry.client.fetchTags(
      registry.image,
      accessTo({ tls: { ca: certificates.ca, certificate, key: new Secret(key) } }),
    );
    const listing = registry.client.fetchTags(registry.image, accessTo({ tls: { ca: certificates.ca } }));
    await expect(listing).rejects.toMatchObject({ code: expect.stringMatching(/^(TLS|UNREACHABLE)$/) });
  });

  test('a key that is none is a TLS error that does not show it', async () => {
    await using registry = await openRegistry(['a'], { tls });
    const access = accessTo({ tls: { certificate: certificates.client.certificate, key: new Secret('not a key at all') } });
    await expect(registry.client.fetchTags(registry.image, access)).rejects.toMatchObject({
      code: 'TLS',
      message: expect.not.stringContaining('not a key'),
    });
  });

  test('a private registry is asked by https when it turns out to speak that', async () => {
    await using registry = await openRegistry(['a'], { tls: certificates.server });
    await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
      code: 'TLS',
      message: expect.stringMatching(/certificate/),
    });
  });

  test('plain HTTP is never tried where an authority is given', async () => {
    await using registry = await openRegistry(['a']);
    await expect(registry.client.fetchTags(registry.image, accessTo({ tls: { ca: certificates.ca } }))).rejects.toMatchObject({
      code: 'TLS',
    });
    expect(registry.server.requests).toEqual([]);
  });
});
