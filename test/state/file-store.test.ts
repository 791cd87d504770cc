import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createFileStore } from '../../src/state/index.ts';

async function startStore() {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-store-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, store: createFileStore(folder) };
}

test('what was written is read back by another store on the same folder', async () => {
  const { folder, store } = await startStore();
  await store.write('tags/team a/web.json', '{"tags":[]}');
  expect((await createFileStore(folder).read('tags/team a/web.json'))?.toString()).toBe('{"tags":[]}');
});

test('an absent key reads as null, also below a file', async () => {
  const { store } = await startStore();
  await store.write('a', '1');
  expect(await store.read('b')).toBeNull();
  expect(await store.read('a/b')).toBeNull();
});

test('keys are listed by prefix, decoded, without half-written files', async () => {
  const { store } = await startStore();
  for (const key of ['x/1', 'x/2:3', 'y/1']) await store.write(key, key);
  expect(await store.list('x/')).toEqual(['x/1', 'x/2:3']);
});

test('a key cannot leave the folder', async () => {
  const { store } = await startStore();
  await expect(store.write('../outside', 'x')).rejects.toThrow('relative part');
});

test('a write leaves one file, whatever was there', async () => {
  const { folder, store } = await startStore();
  await Promise.all([store.write('k', 'one'), store.write('k', 'two')]);
  expect(await readdir(folder)).toEqual(['k']);
});
