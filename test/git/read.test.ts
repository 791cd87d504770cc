import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GitMirror, HistoryStep, Oid, Store } from '../../src/core/index.ts';
import { createBlobIndex } from '../../src/git/index.ts';
import { createFixture, git, headOf, mirrorFolder, newCommit, writeFiles } from './fixture.ts';

async function collect(steps: AsyncIterable<HistoryStep>): Promise<HistoryStep[]> {
  const all: HistoryStep[] = [];
  for await (const step of steps) all.push(step);
  return all;
}

const describeStep = ({ commit, changes }: HistoryStep) =>
  `${commit.message.trim()}: ${changes.map((side) => side.changes.map(({ path, before, after }) => `${before ? '' : '+'}${after ? '' : '-'}${path}`).join(',') || 'same').join(' | ')}`;

async function texts(mirror: GitMirror, commit: Oid, path: string): Promise<string | null> {
  const entry = await mirror.entry(commit, path);
  return entry === null ? null : (await mirror.blob(entry.oid)).toString();
}

describe('reading objects', () => {
  test('an entry is a tree, a blob or nothing', async () => {
    await using fixture = await createFixture({ 'a/b.yaml': 'x', c: 'y' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    const types = await Promise.all(
      ['', 'a', 'a/b.yaml', 'a/b.yaml/x', 'nope', '../c', 'a/'].map(
        async (path) => (await mirror.entry(head, path))?.type ?? null,
      ),
    );
    expect(types).toEqual(['tree', 'tree', 'blob', null, null, null, null]);
    expect((await mirror.tree(head, 'a')).map(({ path }) => path)).toEqual(['a/b.yaml']);
    expect(await mirror.tree(head, 'nope')).toEqual([]);
  });

  test('many reads at once each get their own object, binary ones and empty ones too', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`f${index}`, Buffer.alloc(index * 37, index % 256)]),
    );
    await using fixture = await createFixture(files);
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const entries = await mirror.tree(await headOf(mirror));
    const contents = await Promise.all(entries.map(({ oid }) => mirror.blob(oid)));
    expect(entries.every(({ path }, index) => contents[index]?.equals(files[path] ?? Buffer.alloc(0)))).toBe(true);
  });

  test('a blob above the limit is refused, and the next one is read all the same', async () => {
    await using fixture = await createFixture({ big: 'x'.repeat(5_000), small: 'y' });
    const mirror = await fixture
      .restart({ maxBlobBytes: 1_000 })
      .mirror({ url: fixture.host.url('web'), credentials: { kind: 'none' } });
    await mirror.fetch();
    const head = await headOf(mirror);
    await expect(texts(mirror, head, 'big')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await texts(mirror, head, 'small')).toBe('y');
  });

  test('an object that is not there, or of another type, is an error; has() says no', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    expect(await mirror.has('0'.repeat(40))).toBe(false);
    expect(await mirror.has(head)).toBe(true);
    await expect(mirror.blob('0'.repeat(40))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    await expect(mirror.blob(head)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    await expect(mirror.blob('--batch')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await texts(mirror, head, 'README.md')).toBe('# web\n');
  });

  test('a commit in another encoding is read as its author wrote it', async () => {
    await using fixture = await createFixture();
    await git(fixture.clone, '-c', 'i18n.commitEncoding=ISO-8859-1', 'commit', '--quiet', '--allow-empty', '-m', 'plain');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    expect((await mirror.commit(await headOf(mirror))).message).toBe('plain\n');
  });

  test('ancestry and merge bases', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const base = await headOf(mirror);
    const one = await mirror.writeCommit(newCommit(base, { one: '1' }));
    const two = await mirror.writeCommit(newCommit(base, { two: '2' }));
    expect(await mirror.isAncestor(base, one)).toBe(true);
    expect(await mirror.isAncestor(one, two)).toBe(false);
    expect(await mirror.mergeBase(one, two)).toBe(base);
  });
});

describe('history', () => {
  test('newest first, only commits that changed the paths, each with its changes', async () => {
    await using fixture = await createFixture({ a: '1', b: '1', 'dir/c': '1' });
    await fixture.commit('change a', { a: '2' });
    await fixture.commit('change b', { b: '2' });
    await fixture.commit('change both', { a: '3', 'dir/c': '2' });
    await fixture.commit('delete a', { a: null });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    expect((await collect(mirror.history(head, ['a']))).map(describeStep)).toEqual([
      'delete a: -a',
      'change both: a',
      'change a: a',
      'Start: +a',
    ]);
    expect((await collect(mirror.history(head, ['b', 'dir']))).map(describeStep)).toEqual([
      'change both: dir/c',
      'change b: b',
      'Start: +b,+dir/c',
    ]);
    expect((await collect(mirror.history(head, ['never']))).map(describeStep)).toEqual([]);
    expect(await collect(mirror.history(head, []))).toHaveLength(5);
  });

  test('a merge resolved to one side lists every parent, with nothing for the equal one', async () => {
    await using fixture = await createFixture({ a: '1' });
    await git(fixture.clone, 'checkout', '--quiet', '-b', 'side');
    await writeFiles(fixture.clone, { a: 'side' });
    await git(fixture.clone, 'commit', '--quiet', '-am', 'side');
    await git(fixture.clone, 'checkout', '--quiet', 'main');
    await writeFiles(fixture.clone, { other: 'x' });
    await git(fixture.clone, 'add', '.');
    await git(fixture.clone, 'commit', '--quiet', '-m', 'other');
    await git(fixture.clone, 'merge', '--quiet', '-s', 'ours', '-m', 'merge to the old value', 'side');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const steps = await collect(mirror.history(await headOf(mirror), ['a']));
    expect(steps.map(describeStep)).toEqual(['merge to the old value: same | a', 'side: a', 'Start: +a']);
    expect(steps[0]?.changes.map(({ parent }) => parent)).toEqual(steps[0]?.commit.parents);
  });

  test('an octopus merge has one entry for each parent', async () => {
    await using fixture = await createFixture({ base: '1' });
    for (const name of ['x', 'y', 'z']) {
      await git(fixture.clone, 'checkout', '--quiet', '-b', name, 'main');
      await writeFiles(fixture.clone, { [name]: name });
      await git(fixture.clone, 'add', '.');
      await git(fixture.clone, 'commit', '--quiet', '-m', name);
    }
    await git(fixture.clone, 'checkout', '--quiet', 'main');
    await git(fixture.clone, 'merge', '--quiet', '--no-ff', '-m', 'octopus', 'x', 'y', 'z');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const steps = await collect(mirror.history(await headOf(mirror), ['x', 'y']));
    expect(steps.map(describeStep).toSorted()).toEqual(['octopus: +x,+y | +y | +x | +x,+y', 'x: +x', 'y: +y']);
  });

  test('names with tabs, quotes, line breaks, colons and globs are paths, not patterns', async () => {
    const names = ['t\tab', 'li\nne', 'quo"te', ':colon', 'gl*b', '=equals', 'ünï'];
    await using fixture = await createFixture(Object.fromEntries(names.map((name) => [name, 'x'])));
    await fixture.commit('globbed', { glob: 'y' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    for (const name of names) {
      const steps = await collect(mirror.history(await headOf(mirror), [name]));
      expect(steps.flatMap(({ changes }) => changes.flatMap((side) => side.changes.map(({ path }) => path)))).toEqual([name]);
    }
  });

  test('the reader may stop early', async () => {
    await using fixture = await createFixture({ a: '0' });
    for (let index = 1; index < 20; index += 1)
      await git(fixture.clone, 'commit', '--quiet', '--allow-empty', '-m', String(index));
    await fixture.commit('last', { a: '1' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    for await (const step of mirror.history(await headOf(mirror), [])) {
      expect(step.commit.message).toBe('last\n');
      break;
    }
  });

  test('a history that cannot be read is an error, not a short history', async () => {
    await using fixture = await createFixture({ a: '0' });
    const first = await git(fixture.clone, 'rev-parse', 'HEAD');
    await fixture.commit('second', { a: '1' });
    await fixture.commit('third', { a: '2' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const folder = await mirrorFolder(fixture.state);
    await rm(`${folder}/objects/${first.slice(0, 2)}/${first.slice(2)}`);
    await expect(collect(mirror.history(await headOf(mirror), ['a']))).rejects.toMatchObject({ code: 'CORRUPT_MIRROR' });
  });
});

describe('maintenance', () => {
  test('after fetches that brought much the history has a graph, and everything can still be read and written', async () => {
    await using fixture = await createFixture({ noise: randomBytes(1_500_000), other: 'o' });
    for (let index = 0; index < 110; index += 1)
      await git(fixture.clone, 'commit', '--quiet', '--allow-empty', '-m', String(index));
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { other: 'x' }));
    expect(await mirror.push('main', oid, head)).toEqual({ kind: 'pushed' });
    const graph = join(await mirrorFolder(fixture.state), 'objects/info/commit-graph');
    await expect.poll(() => existsSync(graph), { timeout: 50_000 }).toBe(true);
    await mirror.fetch();
    expect(await texts(mirror, await headOf(mirror), 'other')).toBe('x');
  });
});

describe('blob index', () => {
  test('is built once and then follows the differences alone', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`f${index}.yaml`, index % 10 === 0 ? 'marker' : 'plain']),
    );
    await using fixture = await createFixture({ ...files, 'x.txt': 'marker' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const read: string[] = [];
    const index = createBlobIndex({
      mirror,
      matches: (path) => path.endsWith('.yaml'),
      inspect: (path, bytes) => {
        read.push(path);
        return bytes.includes('marker') ? bytes.toString() : null;
      },
    });
    expect((await index.at(await headOf(mirror), 'main')).size).toBe(20);
    expect(read).toHaveLength(200);
    const next = await mirror.writeCommit(
      newCommit(await headOf(mirror), {
        'f0.yaml': null,
        'f1.yaml': 'marker 1',
        'f10.yaml': 'nothing',
        'new.yaml': 'marker n',
        'x.txt': '',
      }),
    );
    read.length = 0;
    const after = await index.at(next, 'main');
    expect(read.toSorted()).toEqual(['f1.yaml', 'f10.yaml', 'new.yaml']);
    expect(after.size).toBe(20);
    expect(after.get('f1.yaml')?.value).toBe('marker 1');
    expect(after.has('f0.yaml')).toBe(false);
    expect((await index.at(await headOf(mirror), 'main')).get('f0.yaml')?.value).toBe('marker');
  });

  test('a stored index is taken up after a restart, and built again where it cannot be', async () => {
    await using fixture = await createFixture({ 'a.yaml': 'marker a', 'b.yaml': 'marker b' });
    const mirror = await fixture.mirror();
    await mirror.fetch();
    const kept = new Map<string, Buffer>();
    const store: Store = {
      read: async (key) => kept.get(key) ?? null,
      write: async (key, value) => void kept.set(key, Buffer.from(value)),
      delete: async (key) => void kept.delete(key),
      list: async () => [...kept.keys()],
    };
    const read: string[] = [];
    const inspect = (path: string, bytes: Buffer) => {
      read.push(path);
      return bytes.toString();
    };
    const restarted = () => createBlobIndex({ mirror, matches: () => true, inspect, store: { store, key: 'markers/1' } });
    await restarted().at(await headOf(mirror), 'main');
    const next = await mirror.writeCommit(newCommit(await headOf(mirror), { 'b.yaml': 'marker c' }));
    read.length = 0;
    expect((await restarted().at(next, 'main')).get('a.yaml')?.value).toBe('marker a');
    expect(read).toEqual(['b.yaml']);
    for (const key of kept.keys()) kept.set(key, Buffer.from('{'));
    expect((await restarted().at(next, 'main')).size).toBe(2);
  });
});
