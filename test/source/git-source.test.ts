import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IncludedArtifact } from '../../src/source/index.ts';
import { createGitArtifact, packArtifact, resolveGitRef } from '../../src/source/index.ts';
import { createFixture, environment, type Fixture, git, headOf } from '../git/fixture.ts';

const pickSemver = (_range: string, tags: readonly string[]) =>
  tags
    .filter((tag) => /^v?\d+\.\d+\.\d+$/.test(tag))
    .toSorted()
    .at(-1) ?? null;

async function artifactOf(fixture: Fixture, ignore?: string, sparseCheckout?: string[]) {
  const mirror = await fixture.mirror();
  await mirror.fetch();
  const head = await headOf(mirror);
  return createGitArtifact(mirror, head, `main@sha1:${head}`, ignore, { sparseCheckout });
}

describe('resolving a ref', () => {
  test('each way to say it, with the revision Flux writes', async () => {
    await using fixture = await createFixture();
    const first = await git(fixture.clone, 'rev-parse', 'HEAD');
    await git(fixture.clone, 'tag', '-a', 'v1.0.0', '-m', 'one');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'v1.0.0', 'HEAD:refs/pull/1/head', 'HEAD:refs/heads/master');
    const second = await fixture.commit('Second', { b: 'b' });
    const mirror = await fixture.mirror();
    const revision = async (ref: Parameters<typeof resolveGitRef>[1]) =>
      (await resolveGitRef(mirror, ref, { pickSemver })).revision;
    expect(await revision({ branch: 'main' })).toBe(`main@sha1:${second}`);
    expect(await revision(undefined)).toBe(`master@sha1:${first}`);
    expect(await revision({ tag: 'v1.0.0', semver: '9.x', branch: 'main' })).toBe(`v1.0.0@sha1:${first}`);
    expect(await revision({ semver: '1.x', branch: 'main' })).toBe(`v1.0.0@sha1:${first}`);
    expect(await revision({ name: 'refs/pull/1/head', tag: 'nope' })).toBe(`refs/pull/1/head@sha1:${first}`);
    expect(await revision({ name: 'refs/heads/main' })).toBe(`refs/heads/main@sha1:${second}`);
    expect(await revision({ commit: first, name: 'nope' })).toBe(`sha1:${first}`);
    expect(await revision({ commit: first, branch: 'main' })).toBe(`main@sha1:${first}`);
    await expect(revision({ commit: second, branch: 'master' })).rejects.toThrow(/not part of branch 'master'/);
  });

  test('an unchanged remote costs one request, a known commit none', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    const { commit } = await resolveGitRef(mirror, { branch: 'main' }, { pickSemver });
    const before = fixture.host.requests.length;
    await resolveGitRef(mirror, { branch: 'main' }, { pickSemver });
    expect(fixture.host.requests.length - before).toBe(1);
    await resolveGitRef(mirror, { commit }, { pickSemver });
    expect(fixture.host.requests.length - before).toBe(1);
  });

  test('what is not there is an error that names it', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    const attempt = (ref: Parameters<typeof resolveGitRef>[1]) => resolveGitRef(mirror, ref, { pickSemver });
    await expect(attempt({ branch: 'nope' })).rejects.toThrow(
      `failed to checkout and determine revision: unable to clone '${fixture.host.url('web')}': couldn't find remote ref "refs/heads/nope"`,
    );
    await expect(attempt({ semver: '>=1' })).rejects.toThrow('no match found for semver: >=1');
    await expect(attempt({ commit: 'a'.repeat(40) })).rejects.toMatchObject({ code: 'REF_NOT_FOUND' });
    await expect(attempt({ commit: 'main' })).rejects.toMatchObject({ code: 'INVALID_REF' });
    await expect(attempt({ name: '/refs/heads/main' })).rejects.toMatchObject({ code: 'INVALID_REF' });
  });

  test('an empty repository says so', async () => {
    await using fixture = await createFixture({});
    await expect(resolveGitRef(await fixture.mirror(), { branch: 'main' }, { pickSemver })).rejects.toMatchObject({
      message: 'git repository is empty',
      reason: 'EmptyGitRepository',
    });
  });

  test('a commit on no branch is asked for by its id', async () => {
    await using fixture = await createFixture();
    await git(fixture.clone, 'commit', '--quiet', '--allow-empty', '-m', 'Hidden');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'HEAD:refs/hidden/x');
    const hidden = await git(fixture.clone, 'rev-parse', 'HEAD');
    const resolved = await resolveGitRef(await fixture.mirror(), { commit: hidden }, { pickSemver });
    expect(resolved.revision).toBe(`sha1:${hidden}`);
  });
});

describe('a git artifact', () => {
  test('holds regular files alone, without what is ignored', async () => {
    await using fixture = await createFixture({
      'a.yaml': '1',
      'pic.png': 'p',
      '.gitignore': 'x',
      'x/.sourceignore': '*.md\n!keep.md\n',
      'x/a.md': 'm',
      'x/keep.md': 'k',
    });
    const blob = await git(fixture.clone, 'rev-parse', 'HEAD:a.yaml');
    await git(
      fixture.clone,
      'update-index',
      '--add',
      '--cacheinfo',
      `120000,${blob},link`,
      '--cacheinfo',
      `160000,${await git(fixture.clone, 'rev-parse', 'HEAD')},sub`,
    );
    await git(fixture.clone, 'commit', '--quiet', '-m', 'Link and submodule');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const artifact = await artifactOf(fixture, 'pic.png');
    expect((await artifact.files('')).map(({ path }) => path)).toEqual(['a.yaml', 'x/.sourceignore', 'x/keep.md']);
    expect((await artifact.files('./x/')).map(({ path }) => path)).toEqual(['x/.sourceignore', 'x/keep.md']);
    await expect(artifact.files('../x')).rejects.toMatchObject({ code: 'ILLEGAL_PATH' });
  });

  test('a tree whose names would leave the folder loses them', async () => {
    await using fixture = await createFixture({ ok: '1' });
    const blob = await git(fixture.clone, 'rev-parse', 'HEAD:ok');
    const raw = ['..', '.git', 'ok'].map((name) => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]));
    const environmentOfHost = { env: environment, input: Buffer.concat(raw) };
    const tree = execFileSync(
      'git',
      ['-C', fixture.bare, 'hash-object', '-w', '-t', 'tree', '--literally', '--stdin'],
      environmentOfHost,
    )
      .toString()
      .trim();
    const commit = await git(fixture.bare, 'commit-tree', tree, '-m', 'Evil');
    await git(fixture.bare, 'update-ref', 'refs/heads/main', commit);
    const artifact = await artifactOf(fixture);
    expect((await artifact.files('')).map(({ path }) => path)).toEqual(['ok']);
    await using extracted = await artifact.extract();
    expect(await readdir(extracted.folder)).toEqual(['ok']);
  });

  test('a key changes when a file below changes, is added or becomes executable, and not otherwise', async () => {
    await using fixture = await createFixture({ 'a/x': '1', 'b/y': '1', 'b/pic.png': 'p' });
    const keys = async () => {
      const artifact = await artifactOf(fixture);
      return { a: await artifact.contentKey('a'), b: await artifact.contentKey('b'), none: await artifact.contentKey('none') };
    };
    const first = await keys();
    expect(first.none).toBeNull();
    expect(first.a).toBe(await git(fixture.clone, 'rev-parse', 'HEAD:a'));
    await fixture.commit('picture', { 'b/pic.png': 'another', 'other/z': '1' });
    expect(await keys()).toEqual(first);
    await fixture.commit('b', { 'b/y': '2' });
    const second = await keys();
    expect(second.a).toBe(first.a);
    expect(second.b).not.toBe(first.b);
    await git(fixture.clone, 'update-index', '--chmod=+x', 'b/y');
    await git(fixture.clone, 'commit', '--quiet', '-m', 'mode');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    expect((await keys()).b).not.toBe(second.b);
  });

  test('a sparse checkout has the folders named and nothing beside them; a missing folder is an error', async () => {
    await using fixture = await createFixture({ root: '1', 'a/file': '1', 'a/b/c': '1', 'a/d/e': '1', 'f/g': '1' });
    expect((await (await artifactOf(fixture, undefined, ['./a/b', 'f'])).files('')).map(({ path }) => path)).toEqual([
      'a/b/c',
      'f/g',
    ]);
    await expect((await artifactOf(fixture, undefined, ['nope'])).files('')).rejects.toThrow(
      "sparse checkout dir 'nope' does not exist in repository",
    );
  });

  test('is extracted into a private folder that goes when disposed of', async () => {
    await using fixture = await createFixture({ 'a/b.yaml': 'x', c: 'y' });
    const extracted = await (await artifactOf(fixture)).extract();
    expect(await readFile(join(extracted.folder, 'a/b.yaml'), 'utf8')).toBe('x');
    expect((await stat(extracted.folder)).mode & 0o777).toBe(0o700);
    await extracted[Symbol.asyncDispose]();
    await expect(stat(extracted.folder)).rejects.toThrow('ENOENT');
  });

  test('includes are laid over it, and its ignore rules hold for them', async () => {
    await using fixture = await createFixture({ 'a/x': '1', 'b/y': '2', 'b/z': '3' });
    const base = await artifactOf(fixture);
    const mirror = await fixture.mirror();
    const lay = async (ignore: string, ...includes: IncludedArtifact[]) =>
      createGitArtifact(mirror, await headOf(mirror), 'main@sha1:x', ignore, { includes });
    const merged = await lay(
      'all/b/z',
      { artifact: base, fromPath: './b', toPath: 'a' },
      { artifact: base, fromPath: '', toPath: 'all' },
    );
    expect((await merged.files('')).map(({ path }) => path)).toEqual(['a/x', 'a/y', 'a/z', 'all/a/x', 'all/b/y', 'b/y', 'b/z']);
    expect(await merged.contentKey('b')).toBe(await base.contentKey('b'));
    expect(await merged.contentKey('a')).not.toBe(await base.contentKey('a'));
    const file = await lay(
      '',
      { artifact: base, fromPath: 'b/y', toPath: 'a' },
      { artifact: base, fromPath: 'a', toPath: 'b/y' },
    );
    expect((await file.files('')).map(({ path }) => path)).toEqual(['a', 'b/y/x', 'b/z']);
    await expect((await lay('', { artifact: base, fromPath: 'nope', toPath: 'a' })).files('')).rejects.toMatchObject({
      code: 'COPY_FAILED',
      reason: 'CopyFailure',
    });
    await expect((await lay('', { artifact: base, fromPath: 'b', toPath: '../a' })).files('')).rejects.toMatchObject({
      code: 'ILLEGAL_PATH',
    });
  });
});

describe('a packed artifact', () => {
  const long = `${'folder-with-a-long-name/'.repeat(6)}${'f'.repeat(120)}.yaml`;

  test('is read by tar, with names of any length and the modes Flux writes', async () => {
    await using fixture = await createFixture({
      'a/b.yaml': 'x: 1\n',
      'ünï✓.txt': 'u',
      [long]: 'long',
      empty: '',
      'run.sh': 'r',
    });
    await git(fixture.clone, 'update-index', '--chmod=+x', 'run.sh');
    await git(fixture.clone, 'commit', '--quiet', '-m', 'x');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const { bytes } = await packArtifact(await artifactOf(fixture));
    const into = join(fixture.folder, 'untar');
    execFileSync('mkdir', [into]);
    execFileSync('tar', ['-xpzf', '-', '-C', into], { input: bytes });
    expect(await readFile(join(into, long), 'utf8')).toBe('long');
    expect(await readFile(join(into, 'ünï✓.txt'), 'utf8')).toBe('u');
    expect((await readdir(into)).toSorted()).toEqual(['a', 'empty', 'folder-with-a-long-name', 'run.sh', 'ünï✓.txt']);
    const modes = await Promise.all(
      ['a', 'a/b.yaml', 'run.sh'].map(async (path) => ((await stat(join(into, path))).mode & 0o777).toString(8)),
    );
    expect(modes).toEqual(['750', '600', '700']);
    expect((await stat(join(into, 'empty'))).mtimeMs).toBe(0);
  });

  test('is the same bytes every time, and others when a file differs', async () => {
    await using fixture = await createFixture({ a: '1', b: '2' });
    const first = await packArtifact(await artifactOf(fixture));
    expect((await packArtifact(await artifactOf(fixture))).digest).toBe(first.digest);
    await fixture.commit('change', { a: '3' });
    expect((await packArtifact(await artifactOf(fixture))).digest).not.toBe(first.digest);
  });
});
