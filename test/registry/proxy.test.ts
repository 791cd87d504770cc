import { expect, test } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { accessTo } from './access-to.ts';
import { certificates } from './certificates.ts';
import { openRegistry } from './open-registry.ts';
import { startHttpProxy, startSocksProxy } from './proxies.ts';

const login = { username: 'scanner', password: 'proxy p@ss' };
const withLogin = { username: login.username, password: new Secret(login.password) };

test.for([
  { because: 'an http proxy', start: () => startHttpProxy(), how: 'GET http' },
  { because: 'a socks5 proxy', start: () => startSocksProxy(), how: 'socks5' },
])('a plain registry is asked through $because', async ({ start, how }) => {
  await using proxy = await start();
  await using registry = await openRegistry(['a', 'b'], { pageSize: 1 });
  const access = accessTo({ proxy: { address: proxy.address } });
  expect((await registry.client.fetchTags(registry.image, access)).tags).toEqual(['a', 'b']);
  expect(proxy.seen[0]).toContain(how);
});

test.for([
  { because: 'an http proxy', start: () => startHttpProxy({ login }), how: 'CONNECT' },
  { because: 'an https proxy', start: () => startHttpProxy({ login, tls: true }), how: 'CONNECT' },
  { because: 'a socks5 proxy', start: () => startSocksProxy({ login }), how: 'socks5' },
])('an https registry is asked in a tunnel through $because with a login, end to end', async ({ start, how }) => {
  await using proxy = await start();
  await using registry = await openRegistry(['a'], { tls: certificates.server });
  const access = accessTo({ tls: { ca: certificates.ca }, proxy: { address: proxy.address, ...withLogin } });
  expect((await registry.client.fetchTags(registry.image, access)).tags).toEqual(['a']);
  expect(proxy.seen).toEqual([`${how} ${registry.server.host}`]);
});

test.for([
  { because: 'an http proxy', start: () => startHttpProxy({ login }) },
  { because: 'a socks5 proxy', start: () => startSocksProxy({ login }) },
])('a wrong login at $because is told, without the password', async ({ start }) => {
  await using proxy = await start();
  await using registry = await openRegistry(['a'], { tls: certificates.server }, { tries: 1 });
  const wrong = { username: 'scanner', password: new Secret('not the one') };
  const access = accessTo({ tls: { ca: certificates.ca }, proxy: { address: proxy.address, ...wrong } });
  const error = await registry.client.fetchTags(registry.image, access).catch(String);
  expect(error).toMatch(/proxy/i);
  expect(error).not.toContain('not the one');
  expect(registry.server.requests).toEqual([]);
});

test('a proxy at an address that is never spoken to is refused', async () => {
  await using registry = await openRegistry(['a']);
  const access = accessTo({ proxy: { address: 'http://169.254.169.254:3128' } });
  await expect(registry.client.fetchTags(registry.image, access)).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
});

test('nor is a proxy asked for such an address', async () => {
  await using proxy = await startHttpProxy();
  await using registry = await openRegistry(['a']);
  const image = { registry: '169.254.169.254', repository: 'acme/web' };
  const access = accessTo({ proxy: { address: proxy.address } });
  await expect(registry.client.fetchTags(image, access)).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  expect(proxy.seen).toEqual([]);
});

test('who names no proxy does not use the connections of those who do', async () => {
  await using proxy = await startHttpProxy();
  await using registry = await openRegistry(['a']);
  await registry.client.fetchTags(registry.image, accessTo({ proxy: { address: proxy.address } }));
  await registry.client.fetchTags(registry.image, accessTo());
  expect(proxy.seen).toHaveLength(1);
  expect(registry.server.requests).toHaveLength(2);
});
