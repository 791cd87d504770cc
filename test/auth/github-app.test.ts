import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { GitLogins } from '../../src/auth/index.ts';
import { systemClock } from '../../src/core/index.ts';
import { secretOf } from './secrets.ts';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

interface GitHubApi extends AsyncDisposable {
  readonly url: string;
  readonly asked: string[];
}

/** The part of GitHub's API that gives tokens to apps; it checks the app's signature as GitHub does. */
async function startGitHubApi(lifeMs = 3_600_000): Promise<GitHubApi> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace('/api/v3', '');
    asked.push(`${request.method} ${path}`);
    if (appOf(request) !== '12345') return answer(response, 401, { message: 'A JSON web token could not be decoded' });
    if (path === '/orgs/acme/installation') return answer(response, 200, { id: 77 });
    if (path === '/users/ada/installation') return answer(response, 200, { id: 78 });
    const installation = /^\/app\/installations\/(77|78|79)\/access_tokens$/.exec(path)?.[1];
    if (installation === undefined) return answer(response, 404, { message: 'Not Found' });
    const expires_at = new Date(Date.now() + lifeMs).toISOString();
    answer(response, 201, { token: `token-${installation}-${asked.length}`, expires_at, permissions: {} });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function appOf({ headers }: IncomingMessage): string | null {
  const [, head = '', body = '', signature = ''] = /^bearer ([^.]+)\.([^.]+)\.([^.]+)$/i.exec(headers.authorization ?? '') ?? [];
  const isSigned = createVerify('RSA-SHA256').update(`${head}.${body}`).verify(keys.publicKey, signature, 'base64url');
  return isSigned ? String(JSON.parse(Buffer.from(body, 'base64url').toString()).iss) : null;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const url = 'https://github.example.com/acme/fleet.git';

function wish(data: Readonly<Record<string, string>>, more: object = {}) {
  return { url, provider: 'github', secret: secretOf(data), proxySecret: null, ...more };
}

function passwordOf(remote: Awaited<ReturnType<GitLogins['open']>>): string {
  if (remote.credentials.kind !== 'basic') throw new Error(`credentials are ${remote.credentials.kind}`);
  expect(remote.credentials.username).toBe('x-access-token');
  return remote.credentials.password.reveal();
}

describe('a GitHub App', () => {
  test('logs in with the token of its installation, which is kept until shortly before it expires', async () => {
    await using api = await startGitHubApi();
    let nowMs = Date.now();
    const logins = new GitLogins({ clock: { ...systemClock, now: () => nowMs } });
    const secret = { githubAppID: '12345', githubAppInstallationID: '79', githubAppPrivateKey: pem, githubAppBaseURL: api.url };
    const [first, same] = await Promise.all([logins.open(wish(secret)), logins.open(wish(secret))]);
    expect(passwordOf(first)).toBe('token-79-1');
    expect(passwordOf(same)).toBe('token-79-1');
    nowMs += 54 * 60_000;
    expect(passwordOf(await logins.open(wish(secret)))).toBe('token-79-1');
    nowMs += 2 * 60_000;
    const renewed = await logins.open(wish(secret));
    expect(passwordOf(renewed)).toBe('token-79-2');
    expect(api.asked).toEqual(Array(2).fill('POST /app/installations/79/access_tokens'));
    // The same mirror for every token, and another one for another key.
    expect(renewed.owner).toBe(first.owner);
    expect(renewed.owner).not.toContain('BEGIN');
  });

  test.for([
    { owner: 'acme', installation: '77' },
    { owner: 'ada', installation: '78' },
  ])('is found by its owner $owner', async ({ owner, installation }) => {
    await using api = await startGitHubApi();
    const secret = {
      githubAppID: '12345',
      githubAppInstallationOwner: owner,
      githubAppPrivateKey: pem,
      githubAppBaseURL: api.url,
    };
    expect(passwordOf(await new GitLogins().open(wish(secret)))).toMatch(`token-${installation}-`);
  });

  test('a refusal says what GitHub said, and is not kept', async () => {
    await using api = await startGitHubApi();
    const logins = new GitLogins();
    const secret = { githubAppID: '999', githubAppInstallationID: '79', githubAppPrivateKey: pem, githubAppBaseURL: api.url };
    const failure = await logins.open(wish(secret)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'LOGIN_FAILED', reason: 'AuthenticationFailed' });
    expect(String(failure)).toMatch(/GitHub App 999 .*JSON web token/);
    expect(String(failure)).not.toContain('PRIVATE KEY');
    await logins.open(wish(secret)).catch(() => {});
    expect(api.asked.length).toBe(2);
  });

  const complete = { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: pem };
  test.for<{ because: string; data: Record<string, string>; more?: object; says: RegExp }>([
    { because: 'the id is missing', data: { ...complete, githubAppID: '' }, says: /key 'githubAppID' not found/ },
    {
      because: 'the key is missing',
      data: { ...complete, githubAppPrivateKey: '' },
      says: /key 'githubAppPrivateKey' not found/,
    },
    { because: 'two installations are named', data: { ...complete, githubAppInstallationOwner: 'a' }, says: /exactly one of/ },
    { because: 'no installation is named', data: { ...complete, githubAppInstallationID: '' }, says: /exactly one of/ },
    { because: 'the address is none', data: { ...complete, githubAppBaseURL: 'file:///x' }, says: /'githubAppBaseURL' is not/ },
    {
      because: 'the address is off limits',
      data: { ...complete, githubAppBaseURL: 'http://169.254.169.254' },
      says: /off limits/,
    },
    {
      because: 'the key is none',
      data: { ...complete, githubAppPrivateKey: 'x', githubAppBaseURL: 'http://127.0.0.1:1' },
      says: /GitHub App 1 at/,
    },
    { because: 'the provider is not set', data: complete, more: { provider: undefined }, says: /provider is not set to github/ },
    { because: 'ssh has no tokens', data: complete, more: { url: 'ssh://git@github.com/x' }, says: /needs an http or https URL/ },
    { because: 'there is no Secret', data: {}, more: { secret: null }, says: /must be specified when provider is set to github/ },
  ])('$because', async ({ data, more, says }) => {
    await expect(new GitLogins().open(wish(data, more))).rejects.toThrow(says);
  });
});

describe('a proxy', () => {
  const through = (data: Readonly<Record<string, string>>) =>
    new GitLogins().open({ url, secret: null, proxySecret: secretOf(data) });

  test.for<Record<string, string> & { is: string }>([
    { address: 'http://proxy:3128', is: 'http://proxy:3128' },
    { address: 'socks5://proxy:1080', is: 'socks5://proxy:1080' },
    { address: 'https://proxy', username: 'a b', password: 'p@:/', is: 'https://a%20b:p%40%3A%2F@proxy' },
  ])('$address', async ({ is, ...data }) => {
    expect((await through(data)).proxy).toBe(is);
  });

  test.for<Record<string, string>>([{}, { address: 'ftp://proxy' }, { address: `http://${'x'.repeat(2_048)}` }])(
    '%o is refused',
    async (data) => {
      await expect(through(data)).rejects.toMatchObject({ code: 'INVALID_SECRET' });
    },
  );
});
