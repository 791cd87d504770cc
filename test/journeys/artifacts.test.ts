import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { ArtifactStatus } from '../../src/core/index.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const execute = promisify(execFile);

async function artifactOf(loop: Loop): Promise<ArtifactStatus | undefined> {
  return ((await loop.get('GitRepository', 'fleet'))['status'] as { artifact?: ArtifactStatus } | undefined)?.artifact;
}

async function download(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

test('with a listener, status names an archive that others can download, check and unpack', async () => {
  await using loop = await startLoop({ asleep: true });
  await loop.startApp({ artifacts: { host: '127.0.0.1', port: 0 } });
  await loop.ready('GitRepository', 'fleet');
  const artifact = await artifactOf(loop);
  const bytes = await download(artifact?.url ?? '');
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(artifact?.digest);
  expect(bytes.length).toBe(artifact?.size);
  await writeFile(join(loop.folder, 'artifact.tar.gz'), bytes);
  const { stdout } = await execute('tar', ['-tzf', join(loop.folder, 'artifact.tar.gz')]);
  expect(stdout.split('\n')).toContain('apps/web.yaml');
});

test('a new revision has an archive of its own, and the one before it stays for those who are downloading it', async () => {
  await using loop = await startLoop({ asleep: true });
  await loop.startApp({ artifacts: { host: '127.0.0.1', port: 0 } });
  await loop.ready('GitRepository', 'fleet');
  const before = await artifactOf(loop);
  await loop.pushTag('web', '1.1.0');
  const after = await loop.until('another artifact', async () => {
    const artifact = await artifactOf(loop);
    return artifact?.revision !== before?.revision && artifact;
  });
  expect(after.digest).not.toBe(before?.digest);
  await download(after.url);
  await download(before?.url ?? '');
});

test('without a listener no archive is made, and the URL says that it leads nowhere', async () => {
  await using loop = await startLoop();
  await loop.ready('GitRepository', 'fleet');
  const artifact = await artifactOf(loop);
  expect(artifact?.url).toContain('.invalid/');
  expect(artifact?.size).toBeUndefined();
});
