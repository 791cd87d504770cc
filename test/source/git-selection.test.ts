import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Artifact, GitMirror, Oid } from '../../src/core/index.ts';
import { createGitArtifact } from '../../src/source/index.ts';
import { createFixture, type Fixture, headOf } from '../git/fixture.ts';

type Change = Readonly<Record<string, string | null>> | ((clone: string) => Promise<void>);

const files = {
  'README.md': '# web\n',
  'apps/a.yaml': 'a: 1\n',
  'apps/b/c.yaml': 'c: 1\n',
  'apps/logo.png': 'left out by default',
  'zoo/é.yaml': 'e: 1\n',
};

test.for<{ because: string; changes: readonly Change[] }>([
  { because: 'a file is changed, twice', changes: [{ 'apps/a.yaml': 'a: 2\n' }, { 'apps/a.yaml': 'a: 3\n' }] },
  { because: 'a file is changed and changed back', changes: [{ 'apps/a.yaml': 'a: 2\n' }, { 'apps/a.yaml': 'a: 1\n' }] },
  {
    because: 'files come before, between and after the others',
    changes: [{ '0.yaml': '0', 'apps/b.yaml': 'b', 'zz.yaml': 'z' }],
  },
  { because: 'files go', changes: [{ 'apps/b/c.yaml': null }, { 'apps/a.yaml': null, 'README.md': null }] },
  {
    because: 'a file that is left out comes, changes and goes',
    changes: [{ 'x.zip': '1' }, { 'x.zip': '2' }, { 'x.zip': null }],
  },
  { because: 'the only file that is left out goes', changes: [{ 'apps/logo.png': null }] },
  { because: 'a folder takes the place of a file', changes: [{ 'apps/a.yaml': null, 'apps/a.yaml/x.yaml': 'x' }] },
  { because: 'a file takes the place of a folder', changes: [{ 'apps/b': 'b' }] },
  {
    because: 'a rule comes that leaves out what was there',
    changes: [{ 'apps/.sourceignore': 'a.yaml\n' }, { 'apps/a.yaml': '2' }],
  },
  {
    because: 'a rule comes and goes',
    changes: [{ '.sourceignore': '/zoo\n' }, { 'zoo/y.yaml': 'y' }, { '.sourceignore': null }],
  },
  {
    because: 'a symlink takes the place of a file, and the other way round',
    changes: [linkTo('../a.yaml'), { 'apps/b/c.yaml': 'c: 2\n' }],
  },
  { because: 'a path comes that nobody may have', changes: [{ 'apps/..hidden/x.yaml': 'x' }, { 'apps/a.yaml': '2' }] },
])('$because: what was selected before is brought up to date as if selected anew', async ({ changes }) => {
  await using fixture = await createFixture(files);
  const mirror = await fixture.mirror();
  await mirror.fetch();
  await describeArtifact(artifactOf(mirror, await headOf(mirror), 'main'));
  for (const [index, change] of changes.entries()) {
    const head = await commitChange(fixture, mirror, change);
    const advanced = await describeArtifact(artifactOf(mirror, head, 'main'));
    expect(advanced).toEqual(await describeArtifact(artifactOf(mirror, head, `never-seen-${index}`)));
  }
});

test('after the first time the tree is not listed again, and the files of others stay readable', async () => {
  await using fixture = await createFixture(files);
  const mirror = await fixture.mirror();
  await mirror.fetch();
  const before = artifactOf(mirror, await headOf(mirror), 'main');
  await before.contentKey('');
  const head = await commitChange(fixture, mirror, { 'apps/a.yaml': 'a: 2\n' });
  mirror.tree = () => Promise.reject(new Error('the whole tree was listed'));
  const after = artifactOf(mirror, head, 'main');
  expect(await readAll(after)).toMatchObject({ 'apps/a.yaml': 'a: 2\n', 'apps/b/c.yaml': 'c: 1\n' });
  expect(await readAll(before)).toMatchObject({ 'apps/a.yaml': 'a: 1\n', 'apps/b/c.yaml': 'c: 1\n' });
});

test('other rules are other selections', async () => {
  await using fixture = await createFixture(files);
  const mirror = await fixture.mirror();
  await mirror.fetch();
  const head = await headOf(mirror);
  const paths = async (ignore?: string) => (await artifactOf(mirror, head, 'main', ignore).files('apps')).map(({ path }) => path);
  expect(await paths()).toEqual(['apps/a.yaml', 'apps/b/c.yaml']);
  expect(await paths('a.yaml')).toEqual(['apps/b/c.yaml', 'apps/logo.png']);
  expect(await paths()).toEqual(['apps/a.yaml', 'apps/b/c.yaml']);
});

test('an earlier commit that is gone only costs a listing', async () => {
  await using fixture = await createFixture(files);
  const mirror = await fixture.mirror();
  await mirror.fetch();
  await artifactOf(mirror, await headOf(mirror), 'main').contentKey('');
  const head = await commitChange(fixture, mirror, { 'apps/a.yaml': 'a: 2\n' });
  mirror.diff = () => Promise.reject(new Error('bad object'));
  expect(await readAll(artifactOf(mirror, head, 'main'))).toMatchObject({ 'apps/a.yaml': 'a: 2\n' });
});

function linkTo(target: string): (clone: string) => Promise<void> {
  return async (clone) => {
    await rm(join(clone, 'apps/b/c.yaml'));
    await symlink(target, join(clone, 'apps/b/c.yaml'));
  };
}

async function commitChange({ clone, commit }: Fixture, mirror: GitMirror, change: Change): Promise<Oid> {
  if (typeof change === 'function') await change(clone);
  else for (const path of Object.keys(change)) await rm(join(clone, path), { recursive: true, force: true });
  const written = typeof change === 'function' ? [] : Object.entries(change).filter(([, text]) => text !== null);
  await commit('A change', Object.fromEntries(written));
  await mirror.fetch();
  return headOf(mirror);
}

function artifactOf(mirror: GitMirror, commit: Oid, branch: string, ignore?: string): Artifact {
  return createGitArtifact(mirror, commit, `${branch}@sha1:${commit}`, ignore);
}

async function describeArtifact(artifact: Artifact) {
  const keys = await Promise.all(['', 'apps', 'apps/b', 'zoo', 'apps/a.yaml'].map((path) => artifact.contentKey(path)));
  return { keys, files: await readAll(artifact) };
}

async function readAll(artifact: Artifact): Promise<Record<string, string>> {
  const all = await artifact.files('');
  expect(all.map(({ path }) => path)).toEqual(all.map(({ path }) => path).toSorted());
  return Object.fromEntries(await Promise.all(all.map(async ({ path, read }) => [path, (await read()).toString()] as const)));
}
