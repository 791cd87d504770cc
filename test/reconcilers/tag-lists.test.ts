import { expect, test } from 'vitest';
import type { Store } from '../../src/core/index.ts';
import { createTagLists } from '../../src/reconcilers/index.ts';
import { createMemoryStore } from '../../src/state/index.ts';

const repository = { namespace: 'default', name: 'web' };
const list = (...tags: string[]) => ({ canonicalName: 'example.com/web', exclusionList: [], tags, revision: tags.join() });

/** A store that counts what is written, and refuses it while it is told to. */
function countingStore() {
  const store = createMemoryStore();
  const seen = { writes: 0, refuses: false };
  const write: Store['write'] = async (key, value) => {
    if (seen.refuses) throw new Error('no space left');
    seen.writes += 1;
    await store.write(key, value);
  };
  return { store: { ...store, write }, seen };
}

test('a listing that is the same as the one before is not written again, another one is', async () => {
  const { store, seen } = countingStore();
  const lists = createTagLists(store);
  await lists.write(repository, list('1.0.0'));
  await lists.write(repository, list('1.0.0'));
  expect(seen.writes).toBe(1);
  await lists.write(repository, list('1.1.0', '1.0.0'));
  expect(seen.writes).toBe(2);
  expect(await createTagLists(store).read(repository)).toEqual(list('1.1.0', '1.0.0'));
});

test('a listing that could not be written is written by the next scan that finds it', async () => {
  const { store, seen } = countingStore();
  const lists = createTagLists(store);
  await lists.write(repository, list('1.0.0'));
  seen.refuses = true;
  await expect(lists.write(repository, list('1.1.0'))).rejects.toThrow('no space left');
  expect(await lists.read(repository)).toEqual(list('1.0.0'));
  seen.refuses = false;
  await lists.write(repository, list('1.1.0'));
  expect(await createTagLists(store).read(repository)).toEqual(list('1.1.0'));
});

test('a listing that was dropped is written when it comes back', async () => {
  const { store } = countingStore();
  const lists = createTagLists(store);
  await lists.write(repository, list('1.0.0'));
  await lists.drop(repository);
  await lists.write(repository, list('1.0.0'));
  expect(await createTagLists(store).read(repository)).toEqual(list('1.0.0'));
});

test('a listing that memory was let go of is read again, and is still not written twice', async () => {
  const { store, seen } = countingStore();
  const lists = createTagLists(store);
  await lists.write(repository, list('1.0.0'));
  lists.forget();
  expect(await lists.read(repository)).toEqual(list('1.0.0'));
  await lists.write(repository, list('1.0.0'));
  expect(seen.writes).toBe(1);
});
