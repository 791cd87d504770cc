import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, request as proxyTo } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GitCredentials, Secret } from '../../src/core/index.ts';
import { GitError } from '../../src/git/index.ts';
import { createFixture, git, headOf, mirrorFolder, newCommit } from './fixture.ts';

const anybody: GitCredentials = { kind: 'none' };

async function failure(promise: Promise<unknown>): Promise<GitError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GitError)) throw new Error(`expected a GitError, got ${String(error)}`);
  return error;
}

describe('fetching', () => {
  test('afterwards refs are those of the remote, with annotated tags peeled', async () => {
    await using fixture = await createFixture();
    const head = await git(fixture.clone, 'rev-parse', 'HEAD');
    await git(fixture.clone, 'tag', '-a', 'v1', '-m', 'one');
    await git(fixture.clone, 'tag', '-a', 'v1-again', 'v1', '-m', 'a tag of a tag');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'v1', 'v1-again');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    expect(Object.fromEntries(await mirror.refs())).toEqual({
      'refs/heads/main': head,
      'refs/tags/v1': head,
      'refs/tags/v1-again': head,
    });
  });

  test('callers of one moment share one fetch', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const before = fixture.host.requests.length;
    await mirror.fetch();
    const one = fixture.host.requests.length - before;
    await Promise.all([mirror.fetch(), mirror.fetch(), mirror.fetch(), mirror.fetch()]);
    expect(fixture.host.requests.length - before).toBe(2 * one);
  });

  test('a caller who comes while a fetch runs gets what was pushed meanwhile', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const running = mirror.fetch();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const pushed = await fixture.commit('Later', { 'later.txt': 'x' });
    await Promise.all([running, mirror.fetch()]);
    expect(await headOf(mirror)).toBe(pushed);
  });

  test('one caller who gives up does not end the fetch of the other', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    const impatient = new AbortController();
    const [first, second] = [failure(mirror.fetch(impatient.signal)), mirror.fetch()];
    impatient.abort();
    expect((await first).code).toBe('ABORTED');
    await second;
    expect((await mirror.refs()).size).toBe(1);
  });

  test('what the remote deleted goes, also where a folder takes the place of a branch', async () => {
    await using fixture = await createFixture();
    await git(fixture.clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/feature');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    await git(fixture.clone, 'push', '--quiet', 'origin', ':refs/heads/feature', 'HEAD:refs/heads/feature/one');
    await mirror.fetch();
    expect([...(await mirror.refs()).keys()].toSorted()).toEqual(['refs/heads/feature/one', 'refs/heads/main']);
  });

  test('a remote that was force-pushed is followed', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const old = await headOf(mirror);
    await git(fixture.clone, 'commit', '--quiet', '--amend', '-m', 'Rewritten');
    await git(fixture.clone, 'push', '--quiet', '--force', 'origin', 'main');
    await mirror.fetch();
    expect(await headOf(mirror)).toBe(await git(fixture.clone, 'rev-parse', 'HEAD'));
    expect(await mirror.isAncestor(old, await headOf(mirror))).toBe(false);
  });

  test('listing an unchanged remote is one request', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    const refs = await mirror.listRemote();
    expect(refs.get('refs/heads/main')).toBe(await git(fixture.clone, 'rev-parse', 'HEAD'));
    expect(fixture.host.requests).toHaveLength(1);
  });

  test('an empty remote has no refs', async () => {
    await using fixture = await createFixture({});
    const mirror = await fixture.mirror();
    expect((await mirror.listRemote()).size).toBe(0);
    await mirror.fetch();
    expect((await mirror.refs()).size).toBe(0);
  });

  test('a ref outside branches and tags is fetched by name, and null if there is none', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await git(fixture.clone, 'commit', '--quiet', '--allow-empty', '-m', 'Proposal');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'HEAD:refs/pull/1/head');
    expect(await mirror.fetchRef('refs/pull/1/head')).toBe(await git(fixture.clone, 'rev-parse', 'HEAD'));
    expect(await mirror.fetchRef('refs/pull/2/head')).toBeNull();
  });

  test('file URLs are refused unless they are allowed', async () => {
    await using fixture = await createFixture();
    const remote = { url: `file://${fixture.bare}`, credentials: anybody };
    const mirror = await fixture.git.mirror(remote);
    await mirror.fetch();
    expect((await mirror.refs()).size).toBe(1);
    expect((await failure(fixture.restart({ allowFileUrls: false }).mirror(remote))).code).toBe('REFUSED_URL');
  });
});

describe('credentials', () => {
  const basic: GitCredentials = { kind: 'basic', username: 'bot', password: new Secret('pass:wörd/+') };
  const bearer: GitCredentials = { kind: 'bearer', token: new Secret('tok-en') };

  test('basic and bearer open what asks for them', async () => {
    await using one = await createFixture({ a: 'a' }, { auth: { kind: 'basic', username: 'bot', password: 'pass:wörd/+' } });
    await using two = await createFixture({ a: 'a' }, { auth: { kind: 'bearer', token: 'tok-en' } });
    for (const [fixture, credentials] of [
      [one, basic],
      [two, bearer],
    ] as const) {
      const mirror = await fixture.mirror(credentials);
      await mirror.fetch();
      expect((await mirror.refs()).size).toBe(1);
    }
  });

  test('wrong or missing ones are an error that says so and shows no secret', async () => {
    await using fixture = await createFixture({ a: 'a' }, { auth: { kind: 'basic', username: 'bot', password: 'right' } });
    const wrong: GitCredentials = { kind: 'basic', username: 'bot', password: new Secret('wr0ng-s3cret') };
    for (const credentials of [wrong, anybody, bearer]) {
      const mirror = await fixture.mirror(credentials);
      for (const attempt of [() => mirror.fetch(), () => mirror.listRemote()]) {
        const error = await failure(attempt());
        expect(error.code).toBe('AUTHENTICATION_FAILED');
        expect(error.message).toMatch(/^failed to checkout and determine revision: unable to (clone|list remote for) 'http:/);
        expect(error.message).not.toMatch(/wr0ng|tok-en|Ym90O/);
      }
    }
  });

  test('a mirror is never shared between credentials', async () => {
    await using fixture = await createFixture();
    const [one, again, other] = await Promise.all([fixture.mirror(basic), fixture.mirror(basic), fixture.mirror(bearer)]);
    expect(one).toBe(again);
    await one.fetch();
    expect((await one.refs()).size).toBe(1);
    expect((await other.refs()).size).toBe(0);
  });

  test('a newer token of the same owner uses the same mirror, another owner has his own', async () => {
    await using fixture = await createFixture({ a: 'a' }, { auth: { kind: 'bearer', token: 'tok-en' } });
    const remote = { url: fixture.host.url('web'), owner: 'app 1' };
    const mirror = await fixture.git.mirror({ ...remote, credentials: { kind: 'bearer', token: new Secret('expired') } });
    expect((await failure(mirror.fetch())).code).toBe('AUTHENTICATION_FAILED');
    expect(await fixture.git.mirror({ ...remote, credentials: bearer })).toBe(mirror);
    await mirror.fetch();
    expect((await mirror.refs()).size).toBe(1);
    const other = await fixture.git.mirror({ ...remote, owner: 'app 2', credentials: bearer });
    expect((await other.refs()).size).toBe(0);
  });

  test('a line break in a token is refused: it would become a header of its own', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror({ kind: 'bearer', token: new Secret('t\r\nX-Evil: 1') });
    expect((await failure(mirror.fetch())).code).toBe('REFUSED_CREDENTIALS');
  });

  test('URLs with credentials, other protocols or the looks of an option are refused', async () => {
    await using fixture = await createFixture({});
    const withCredentials = ['http://bot:s3cret@example.com/x', 'http://bot@example.com/x', 'ssh://git:s3cret@example.com/x'];
    for (const url of [
      ...withCredentials,
      'ext::sh -c id',
      'git://example.com/x',
      'ssh://-oProxyCommand=id/x',
      '--upload-pack=id',
      'http://exa mple.com',
    ]) {
      const error = await failure(fixture.git.mirror({ url, credentials: anybody }));
      expect(error.code, url).toBe('REFUSED_URL');
      expect(error.message).not.toContain('s3cret');
    }
  });

  test('a redirect on the same host is followed with credentials, for reading and for pushing', async () => {
    await using fixture = await createFixture({ a: 'a' }, { auth: { kind: 'bearer', token: 'tok-en' } });
    await using front = await startFront(
      (path) => (path.startsWith('/old') ? path.replace('/old', '/web') : null),
      fixture.host.baseUrl,
    );
    const mirror = await fixture.git.mirror({ url: `${front.url}/old.git`, credentials: bearer });
    await mirror.fetch();
    const head = await headOf(mirror);
    const commit = await mirror.writeCommit(newCommit(head, { a: 'b' }));
    expect(await mirror.push('main', commit, head)).toEqual({ kind: 'pushed' });
  });

  test('a redirect to another host gets no credentials', async () => {
    await using fixture = await createFixture({ a: 'a' });
    await using elsewhere = await startFront(() => null, fixture.host.baseUrl);
    await using front = await startFront(
      (path) => `${elsewhere.url.replace('127.0.0.1', 'localhost')}${path}`,
      fixture.host.baseUrl,
    );
    const mirror = await fixture.git.mirror({ url: `${front.url}/web.git`, credentials: bearer });
    expect((await failure(mirror.fetch())).message).toContain('redirects to another host');
    expect(elsewhere.seen).toEqual([]);
    const open = await fixture.git.mirror({ url: `${front.url}/web.git`, credentials: anybody });
    await open.fetch(); // without credentials there is nothing to lose
    expect(elsewhere.seen.length).toBeGreaterThan(0);
  });
});

describe('failures', () => {
  test('a server that cannot be reached, and a repository that is not there', async () => {
    await using fixture = await createFixture();
    const nobody = await fixture.git.mirror({ url: 'http://127.0.0.1:1/web.git', credentials: anybody });
    expect((await failure(nobody.fetch())).code).toBe('UNREACHABLE');
    const missing = await fixture.git.mirror({ url: fixture.host.url('missing'), credentials: anybody });
    expect((await failure(missing.fetch())).code).toBe('REPOSITORY_NOT_FOUND');
  });

  test('a remote that never answers ends with the deadline, and every process of it too', async () => {
    await using fixture = await createFixture();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/web.git`;
      const mirror = await fixture.git.mirror({ url, credentials: anybody });
      const asked = new Promise((resolve) => silent.once('connection', (socket) => socket.once('close', resolve)));
      expect((await failure(mirror.listRemote(AbortSignal.timeout(300)))).code).toBe('TIMEOUT');
      await asked; // the transport helper is gone: its connection is closed
      expect((await failure(mirror.fetch(AbortSignal.timeout(300)))).code).toBe('TIMEOUT');
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  test('no private file is left behind', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror({ kind: 'basic', username: 'bot', password: new Secret('x') });
    await mirror.fetch();
    const own = (await readdir(tmpdir())).filter((name) => name.startsWith(`tagalong-git-${process.pid}-`));
    expect(own).toEqual([]);
  });
});

describe('a mirror after a kill', () => {
  test('a process killed in the middle of a fetch leaves nothing that hinders the next one', async () => {
    await using fixture = await createFixture({ a: 'a' });
    const stalled = Promise.withResolvers<void>();
    await using front = await startFront(
      () => null,
      fixture.host.baseUrl,
      (path) => {
        if (path.endsWith('/git-upload-pack')) stalled.resolve(); // answered never
        return path.endsWith('/git-upload-pack');
      },
    );
    const remote = { url: `${front.url}/web.git`, credentials: anybody };
    const script = `const { createGit } = await import(${JSON.stringify(new URL('../../src/git/index.ts', import.meta.url).href)});
      await (await createGit({ stateFolder: ${JSON.stringify(fixture.state)} }).mirror(${JSON.stringify(remote)})).fetch();`;
    const killed = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await stalled.promise;
    killed.kill('SIGKILL');
    await once(killed, 'close');
    await writeFile(join(await mirrorFolder(fixture.state), 'shallow.lock'), '');
    front.stall = () => false;
    const mirror = await fixture.git.mirror(remote);
    await mirror.fetch();
    expect(await headOf(mirror)).toBe(await git(fixture.clone, 'rev-parse', 'HEAD'));
    expect((await readdir(tmpdir())).filter((name) => name.startsWith(`tagalong-git-${killed.pid}-`))).toEqual([]);
  });

  test('lock files are removed at open', async () => {
    await using fixture = await createFixture();
    await (await fixture.mirror()).fetch();
    await fixture.git.close();
    const folder = await mirrorFolder(fixture.state);
    for (const name of ['packed-refs.lock', 'config.lock', 'refs/heads/main.lock', 'objects/pack/tmp_pack_x'])
      await writeFile(join(folder, name), '');
    const pushed = await fixture.commit('More', { 'more.txt': 'x' });
    const mirror = await fixture.restart().mirror({ url: fixture.host.url('web'), credentials: anybody });
    await mirror.fetch();
    expect(await headOf(mirror)).toBe(pushed);
    expect((await readdir(join(folder, 'objects/pack'))).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  test.for([
    ['its HEAD is gone', async (folder: string) => rm(join(folder, 'HEAD'))],
    ['its objects are gone', async (folder: string) => rm(join(folder, 'objects'), { recursive: true })],
    ['it was half made', async (folder: string) => rm(join(folder, 'refs'), { recursive: true })],
    ['a ref is cut off', async (folder: string) => writeFile(join(folder, 'refs/heads/main'), 'abc')],
  ] as const)('is made again where %s', async ([, spoil]) => {
    await using fixture = await createFixture();
    const before = await fixture.mirror();
    await before.fetch();
    const head = await headOf(before);
    await fixture.git.close();
    await spoil(await mirrorFolder(fixture.state));
    const mirror = await fixture.restart().mirror({ url: fixture.host.url('web'), credentials: anybody });
    await mirror.fetch();
    expect((await mirror.tree(head)).length).toBe(2);
  });

  test('is made again when the state folder is deleted while it is used: nothing needs a restart', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    await rm(fixture.state, { recursive: true });
    expect((await failure(mirror.listRemote())).code).toBe('CORRUPT_MIRROR');
    expect((await failure(mirror.tree(head))).code).toBe('CORRUPT_MIRROR');
    await fixture.mirror();
    expect((await mirror.listRemote()).get('refs/heads/main')).toBe(head);
    await mirror.fetch();
    expect((await mirror.tree(head)).length).toBe(2);
    const commit = await mirror.writeCommit(newCommit(head, { 'README.md': 'again' }));
    expect((await mirror.push('main', commit, head)).kind).toBe('pushed');
  });

  test('is made again when an object turns out to be missing or cut off while it is used', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    const blob = (await mirror.entry(head, 'README.md'))?.oid ?? '';
    const folder = await mirrorFolder(fixture.state);
    await truncateLoose(folder, blob);
    expect(['CORRUPT_MIRROR', 'OBJECT_NOT_FOUND']).toContain((await failure(mirror.blob(blob))).code);
    await mirror.fetch();
    expect((await mirror.blob(blob)).toString()).toBe('# web\n');
  });
});

interface Front extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly string[];
  /** Requests that get no answer. */
  stall: (path: string) => boolean;
}

/** A server that answers some paths with a redirect, some never, and passes the rest on to the host. */
async function startFront(
  redirect: (path: string) => string | null,
  host: string,
  stall: (path: string) => boolean = () => false,
): Promise<Front> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    seen.push(`${path} ${request.headers.authorization ?? 'nothing'}`);
    if (front.stall(path)) return;
    const location = redirect(path);
    if (location !== null) return response.writeHead(301, { location }).end();
    const passed = proxyTo(`${host}${path}`, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stall,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return front;
}

async function truncateLoose(folder: string, oid: string): Promise<void> {
  const file = join(folder, 'objects', oid.slice(0, 2), oid.slice(2));
  await rm(file);
  await writeFile(file, '');
}
