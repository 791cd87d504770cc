import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, describe, expect, test } from 'vitest';
import { createEgressCheck } from '../../src/auth/index.ts';
import type { Clock, SourceRef } from '../../src/core/index.ts';
import { systemClock } from '../../src/core/index.ts';
import { createArtifactFetcher, createContentStore, packArtifact } from '../../src/source/index.ts';
import { artifactOf } from '../build/folder-artifact.ts';
import { digestOf } from '../journeys/support/push-artifact.ts';

const source: SourceRef = { kind: 'ExternalArtifact', namespace: 'default', name: 'app' };
const hurried: Clock = { ...systemClock, now: () => systemClock.now(), sleep: async () => {} };
let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

interface Entry {
  readonly name: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  readonly linkname?: string;
  readonly mode?: number;
  readonly content?: string;
}

async function archiveOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content = '', ...header } of entries) archive.entry(header, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/app.tar.gz`;
}

async function startFetcher(
  limits = { maxArchiveBytes: 1_000_000, maxContentBytes: 1_000_000, maxFiles: 100 },
  allowLoopback = true,
) {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-fetch-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const store = createContentStore(join(folder, 'contents'));
  const fetcher = createArtifactFetcher({
    ...{ store, limits, clock: hurried, checkAddress: createEgressCheck({ allowLoopback }) },
  });
  stack.defer(() => fetcher.close());
  const fetchArtifact = (url: string, digest: string, revision = 'v1') => {
    const status = { path: 'app', url, revision, digest, lastUpdateTime: '2026-01-01T00:00:00Z' };
    return fetcher.fetch(source, status, new AbortController().signal);
  };
  return { fetchArtifact, kept: () => readdir(join(folder, 'contents')) };
}

async function fetchEntries(entries: readonly Entry[], limits?: Parameters<typeof startFetcher>[0]) {
  const bytes = await archiveOf(entries);
  const url = await serve((_request, response) => response.end(bytes));
  const { fetchArtifact } = await startFetcher(limits);
  return fetchArtifact(url, digestOf(bytes));
}

const contentOf = async (artifact: Awaited<ReturnType<typeof fetchEntries>>) =>
  Promise.all((await artifact.files('')).map(async (file) => [file.path, file.executable, (await file.read()).toString()]));

test('what was packed here comes back as it was, file by file', async () => {
  const files = { 'apps/web.yaml': 'kind: List\n', 'apps/deep/x.yaml': '', [`${'long/'.repeat(40)}x.yaml`]: 'a: ü\n' };
  const { bytes, digest } = await packArtifact(artifactOf(files, 'main@sha1:1'));
  const url = await serve((_request, response) => response.end(bytes));
  const { fetchArtifact } = await startFetcher();
  const artifact = await fetchArtifact(url, digest, 'main@sha1:1');
  expect(artifact.revision).toBe('main@sha1:1');
  expect(Object.fromEntries((await contentOf(artifact)).map(([path, , text]) => [path, text]))).toEqual(files);
});

test('symlinks are left out, folders go without saying, and modes stay', async () => {
  const artifact = await fetchEntries(
    [
      { name: './' },
      { name: './apps', type: 'directory' },
      { name: './apps/run.sh', mode: 0o755, content: 'run' },
      { name: 'apps/token', type: 'symlink', linkname: '/var/run/secrets/token' },
      { name: 'a.yaml', content: 'a' },
    ].slice(1) as Entry[],
  );
  expect(await contentOf(artifact)).toEqual([
    ['a.yaml', false, 'a'],
    ['apps/run.sh', true, 'run'],
  ]);
});

test('two artifacts of one content have one key, and a file that moved changes it', async () => {
  const [one, two, other] = await Promise.all(
    ['a.yaml', './a.yaml', 'b.yaml'].map((name) => fetchEntries([{ name, content: 'same' }])),
  );
  expect(await two?.contentKey('')).toBe(await one?.contentKey(''));
  expect(await other?.contentKey('')).not.toBe(await one?.contentKey(''));
});

describe('is refused', () => {
  test.for<{ because: string; entries: Entry[]; limits?: Parameters<typeof startFetcher>[0]; code: string }>([
    { because: 'a path that climbs out', entries: [{ name: '../evil.yaml' }], code: 'ILLEGAL_PATH' },
    { because: 'a path that climbs out in the middle', entries: [{ name: 'a/../../evil.yaml' }], code: 'ILLEGAL_PATH' },
    { because: 'an absolute path', entries: [{ name: '/etc/cron.d/evil' }], code: 'ILLEGAL_PATH' },
    { because: 'a folder outside', entries: [{ name: '../evil', type: 'directory' }], code: 'ILLEGAL_PATH' },
    { because: 'a hard link', entries: [{ name: 'a', type: 'link', linkname: '/etc/passwd' }], code: 'ILLEGAL_PATH' },
    {
      because: 'a bomb: little that unpacks to a lot',
      entries: [{ name: 'zeros', content: '0'.repeat(2_000_000) }],
      code: 'ARTIFACT_TOO_LARGE',
    },
    {
      because: 'more entries than anybody has',
      entries: Array.from({ length: 101 }, (_, index) => ({ name: `${index}.yaml` })),
      code: 'ARTIFACT_TOO_LARGE',
    },
    {
      because: 'an archive that is large itself',
      entries: [{ name: 'a.yaml', content: 'a' }],
      limits: { maxArchiveBytes: 20, maxContentBytes: 1000, maxFiles: 1 },
      code: 'ARTIFACT_TOO_LARGE',
    },
  ])('$because', async ({ entries, limits, code }) => {
    await expect(fetchEntries(entries, limits)).rejects.toMatchObject({ code });
  });

  test.for<{ because: string; bytes: (whole: Buffer) => Buffer; code: string }>([
    { because: 'what is no archive', bytes: () => Buffer.from('<html>'), code: 'BAD_ARCHIVE' },
    { because: 'an archive that is cut', bytes: (whole) => whole.subarray(0, whole.length - 20), code: 'BAD_ARCHIVE' },
  ])('$because, even where its digest is right', async ({ bytes, code }) => {
    const sent = bytes(await archiveOf([{ name: 'a.yaml', content: 'a: 1\n'.repeat(1000) }]));
    const url = await serve((_request, response) => response.end(sent));
    const { fetchArtifact, kept } = await startFetcher();
    await expect(fetchArtifact(url, digestOf(sent))).rejects.toMatchObject({ code });
    expect(await kept()).toEqual([]);
  });

  test('another digest than status tells, and nothing of it stays', async () => {
    const bytes = await archiveOf([{ name: 'a.yaml' }]);
    const url = await serve((_request, response) => response.end(bytes));
    const { fetchArtifact, kept } = await startFetcher();
    const wrong = digestOf(Buffer.from('other'));
    await expect(fetchArtifact(url, wrong)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
      message: `downloading the artifact ${url}: what was sent has the digest ${digestOf(bytes)}, and its source says ${wrong}`,
    });
    expect(await kept()).toEqual([]);
  });

  test.for<{ because: string; url: string; code: string }>([
    { because: 'a metadata server', url: 'http://169.254.169.254/latest', code: 'ADDRESS_FORBIDDEN' },
    { because: 'this machine, where that is not allowed', url: 'http://127.0.0.1:1/x', code: 'ADDRESS_FORBIDDEN' },
    { because: 'this machine by its name', url: 'http://localhost:1/x', code: 'ADDRESS_FORBIDDEN' },
    { because: 'a file', url: 'file:///etc/passwd', code: 'FETCH_FAILED' },
    { because: 'a URL with a login', url: 'http://user:secret@example.com/x', code: 'FETCH_FAILED' },
    { because: 'an artifact that nobody serves', url: 'http://artifacts-are-not-served.invalid/x', code: 'NOT_SERVED' },
  ])('$because', async ({ url, code }) => {
    const { fetchArtifact } = await startFetcher(undefined, false);
    const failure = await fetchArtifact(url, digestOf(Buffer.from(''))).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(String(failure)).not.toContain('secret');
  });
});

describe('a server that is away', () => {
  test('is asked again', async () => {
    const bytes = await archiveOf([{ name: 'a.yaml', content: 'a' }]);
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503).end();
      else response.end(bytes);
    });
    const { fetchArtifact } = await startFetcher();
    expect(await contentOf(await fetchArtifact(url, digestOf(bytes)))).toEqual([['a.yaml', false, 'a']]);
  });

  test('is given up after a few tries', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(500).end();
    });
    const { fetchArtifact } = await startFetcher();
    await expect(fetchArtifact(url, digestOf(Buffer.from('')))).rejects.toMatchObject({ code: 'SERVER_AWAY' });
    expect(asked).toBe(4);
  });

  test('a file that is not there is asked for once, and again in half a minute', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end());
    const { fetchArtifact } = await startFetcher();
    const failure = { code: 'ARTIFACT_NOT_FOUND', retry: { afterMs: 30_000 } };
    await expect(fetchArtifact(url, digestOf(Buffer.from('')))).rejects.toMatchObject(failure);
  });
});

test('of each source the newest artifact and the one before it stay on disk', async () => {
  const archives = await Promise.all(['1', '2', '3'].map((content) => archiveOf([{ name: 'a.yaml', content }])));
  const url = await serve((request, response) => response.end(archives[Number(request.url?.at(-1))]));
  const { fetchArtifact, kept } = await startFetcher();
  const artifacts = [];
  for (const [index, bytes] of archives.entries()) artifacts.push(await fetchArtifact(`${url}?${index}`, digestOf(bytes)));
  expect(await kept()).toHaveLength(2);
  expect(await Promise.all(artifacts.slice(1).map(contentOf))).toEqual([[['a.yaml', false, '2']], [['a.yaml', false, '3']]]);
});
