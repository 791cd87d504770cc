import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/index.ts';
import { artifactStatus, createArtifact, createArtifactServer, createArtifacts } from '../../src/source/index.ts';

const source = { kind: 'GitRepository', namespace: 'apps', name: 'web' };
const artifactWith = (content: string) =>
  createArtifact({
    revision: `main@sha1:${content}`,
    list: async () => [{ path: 'a.yaml', executable: false, key: content, read: async () => Buffer.from(content) }],
  });

async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  let now = Date.parse('2026-01-02T03:04:05Z');
  const clock: Clock = { now: () => now, sleep: async () => {}, schedule: () => () => {} };
  const server = await createArtifactServer({ folder, host: '127.0.0.1', port: 0, clock });
  return {
    server,
    folder,
    pass: (ms: number) => {
      now += ms;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

describe('the artifact server', () => {
  test('serves what was stored under the status it returns', async () => {
    await using started = await startServer();
    const status = await started.server.storage.store(source, artifactWith('1'), 'abc.tar.gz');
    expect(status).toMatchObject({
      path: 'gitrepository/apps/web/abc.tar.gz',
      url: `${started.server.url}/gitrepository/apps/web/abc.tar.gz`,
      revision: 'main@sha1:1',
      lastUpdateTime: '2026-01-02T03:04:05Z',
    });
    const response = await fetch(status.url);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(status.digest);
    expect([bytes.length, response.headers.get('content-length'), response.headers.get('last-modified')]).toEqual([
      status.size,
      String(status.size),
      'Fri, 02 Jan 2026 03:04:05 GMT',
    ]);
    expect(await started.server.storage.verify(status)).toBe(true);
  });

  test('HEAD, ranges and If-Modified-Since', async () => {
    await using started = await startServer();
    const status = await started.server.storage.store(source, artifactWith('1'), 'abc.tar.gz');
    const whole = Buffer.from(await (await fetch(status.url)).arrayBuffer());
    const ask = async (headers: Record<string, string>, method = 'GET') => {
      const response = await fetch(status.url, { headers, method });
      return {
        status: response.status,
        bytes: Buffer.from(await response.arrayBuffer()),
        range: response.headers.get('content-range'),
      };
    };
    expect(await ask({}, 'HEAD')).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    expect(await ask({ range: 'bytes=2-5' })).toEqual({
      status: 206,
      bytes: whole.subarray(2, 6),
      range: `bytes 2-5/${whole.length}`,
    });
    expect(await ask({ range: 'bytes=-4' })).toMatchObject({ status: 206, bytes: whole.subarray(-4) });
    expect(await ask({ range: `bytes=${whole.length}-` })).toMatchObject({ status: 416, range: `bytes */${whole.length}` });
    expect(await ask({ range: 'items=1-2' })).toMatchObject({ status: 200, bytes: whole });
    expect(await ask({ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' })).toMatchObject({ status: 304 });
    expect(await ask({ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' })).toMatchObject({ status: 200 });
    expect(await ask({}, 'POST')).toMatchObject({ status: 405 });
    expect((await fetch(`${started.server.url}/`)).status).toBe(200);
  });

  test('nothing outside its folder, no symlink and nothing hidden is served', async () => {
    await using started = await startServer();
    await started.server.storage.store(source, artifactWith('1'), 'abc.tar.gz');
    await writeFile(join(started.folder, '.hidden'), 'secret');
    await symlink('/etc/passwd', join(started.folder, 'link'));
    const { port } = new URL(started.server.url);
    for (const path of [
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/gitrepository/..%2f..%2f..%2fetc/passwd',
      '/.hidden',
      '/link',
      '/%00',
      '/%zz',
      '/gitrepository',
      '//etc/passwd',
    ]) {
      expect(await rawStatus(Number(port), path), path).toBe(404);
    }
  });

  test('a replaced artifact stays a minute for those who download it, and never more than two are kept', async () => {
    await using started = await startServer();
    const { storage } = started.server;
    const names = () => readdir(join(started.folder, 'gitrepository/apps/web'));
    for (const name of ['1', '2', '3']) {
      const current = await storage.store(source, artifactWith(name), `${name}.tar.gz`);
      started.pass(10_000);
      await storage.collectGarbage(source, current);
    }
    expect((await names()).toSorted()).toEqual(['2.tar.gz', '3.tar.gz']);
    const current = await storage.store(source, artifactWith('3'), '3.tar.gz');
    started.pass(61_000);
    expect(await storage.collectGarbage(source, current)).toBe(1);
    expect(await names()).toEqual(['3.tar.gz']);
    expect(await storage.remove(source)).toBe(1);
    expect(await storage.verify(current)).toBe(false);
  });

  test('a disk that cannot be written is told with its folder', async () => {
    await using fixture = await startServer();
    await writeFile(join(fixture.folder, 'gitrepository'), 'in the way');
    await expect(fixture.server.storage.store(source, artifactWith('1'), '1.tar.gz')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      reason: 'ArchiveOperationFailed',
      message: expect.stringContaining(`unable to store the artifact in ${fixture.folder}: `),
    });
  });

  test('50 MB are packed and served piece by piece', async () => {
    await using fixture = await startServer();
    const noise = randomBytes(10 << 20);
    const files = [0, 1, 2, 3, 4].map((n) => ({ path: `f${n}`, executable: false, key: `${n}`, read: async () => noise }));
    const large = createArtifact({ revision: 'main@sha1:large', list: async () => files });
    const status = await fixture.server.storage.store(source, large, 'large.tar.gz');
    const hash = createHash('sha256');
    const answer = await fetch(status.url);
    for await (const chunk of answer.body ?? []) hash.update(chunk);
    expect(`sha256:${hash.digest('hex')}`).toBe(status.digest);
    expect(status.size).toBeGreaterThan(50 << 20);
  });

  test('a spoilt file is found and deleted', async () => {
    await using started = await startServer();
    const status = await started.server.storage.store(source, artifactWith('1'), 'abc.tar.gz');
    await writeFile(join(started.folder, status.path), 'spoilt');
    expect(await started.server.storage.verify(status)).toBe(false);
    expect((await fetch(status.url)).status).toBe(404);
    expect(await started.server.storage.verify({ ...status, path: '../../etc/passwd' })).toBe(false);
  });

  test('names that could leave the folder are refused', async () => {
    await using started = await startServer();
    for (const [bad, file] of [
      [{ ...source, name: '..' }, 'a'],
      [{ ...source, namespace: 'a/b' }, 'a'],
      [source, '../x'],
      [source, '.x'],
    ] as const) {
      await expect(started.server.storage.store(bad, artifactWith('1'), file)).rejects.toMatchObject({ code: 'ILLEGAL_PATH' });
    }
  });

  test('the advertised address may have a protocol or not', () => {
    const stored = { source, fileName: 'a.tar.gz', revision: 'r', digest: 'd', size: 1, storedAt: 0 };
    expect(artifactStatus(stored, 'source-controller.flux-system.svc.cluster.local.').url).toBe(
      'http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/web/a.tar.gz',
    );
    expect(artifactStatus(stored, 'https://h:1/').url).toBe('https://h:1/gitrepository/apps/web/a.tar.gz');
  });
});

test('the artifacts of the process are found by source and revision', () => {
  const artifacts = createArtifacts();
  const artifact = artifactWith('1');
  artifacts.put(source, artifact);
  expect(artifacts.get(source, 'main@sha1:1')).toBe(artifact);
  expect(artifacts.get(source, 'main@sha1:2')).toBeNull();
  artifacts.drop(source);
  expect(artifacts.get(source, 'main@sha1:1')).toBeNull();
});

/** `fetch` would tidy the path up before it sends it. */
async function rawStatus(port: number, path: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(await text(socket))?.[1]);
}
