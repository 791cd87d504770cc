import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GitMirror, Secret } from '../../src/core/index.ts';
import { createFixture, git, headOf, mirrorFolder, newCommit } from './fixture.ts';

const secret = new Secret('y');

async function fetched(mirror: GitMirror): Promise<GitMirror> {
  await mirror.fetch();
  return mirror;
}

async function countLooseObjects(state: string): Promise<number> {
  const objects = join(await mirrorFolder(state), 'objects');
  const folders = (await readdir(objects)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const counts = await Promise.all(folders.map(async (name) => (await readdir(join(objects, name))).length));
  return counts.reduce((total, count) => total + count, 0);
}

describe('writing a commit', () => {
  test('changes, adds and deletes files, keeps modes, and names the bot as author and committer', async () => {
    await using fixture = await createFixture({ 'a/b/c.yaml': '1\n', 'a/run.sh': '#!/bin/sh\n', 'old/only.txt': 'x', keep: 'k' });
    await git(fixture.clone, 'update-index', '--chmod=+x', 'a/run.sh');
    await git(fixture.clone, 'commit', '--quiet', '-m', 'Executable');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fetched(await fixture.mirror());
    const parent = await headOf(mirror);
    const files = {
      'a/b/c.yaml': '2\n',
      'a/run.sh': '#!/bin/sh\ntrue\n',
      'old/only.txt': null,
      'new/deep/file': 'n',
      'not/there': null,
    };
    const oid = await mirror.writeCommit(newCommit(parent, files, { message: 'Bump\n\nTagalong-Automation: c/ns/n' }));
    const commit = await mirror.commit(oid);
    expect(commit).toMatchObject({
      parents: [parent],
      message: 'Bump\n\nTagalong-Automation: c/ns/n',
      author: { name: 'bot', email: 'bot@example.com', seconds: 1_700_000_000 },
    });
    expect(commit.committer).toEqual(commit.author);
    expect((await mirror.tree(oid)).map(({ path, mode }) => `${mode} ${path}`)).toEqual([
      '100644 a/b/c.yaml',
      '100755 a/run.sh',
      '100644 keep',
      '100644 new/deep/file',
    ]);
    expect((await mirror.diff(parent, oid)).map(({ path }) => path)).toEqual([
      'a/b/c.yaml',
      'a/run.sh',
      'new/deep/file',
      'old/only.txt',
    ]);
    await expect(mirror.push('main', oid, parent)).resolves.toEqual({ kind: 'pushed' });
    await git(fixture.bare, 'fsck', '--strict');
  });

  test('in a repository of ten thousand files one changed file costs a blob, the trees above it and a commit', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`d${index % 100}/f${index}.yaml`, `v: ${index}\n`]),
    );
    await using fixture = await createFixture(files);
    const mirror = await fetched(await fixture.mirror());
    const before = await countLooseObjects(fixture.state);
    const oid = await mirror.writeCommit(newCommit(await headOf(mirror), { 'd7/f7.yaml': 'v: new\n' }));
    expect((await countLooseObjects(fixture.state)) - before).toBe(4);
    expect(await mirror.diff(await headOf(mirror), oid)).toHaveLength(1);
  });

  test('files whose names are odd, or not UTF-8, are taken over untouched', async () => {
    const odd = {
      'sp ace/"quote".yaml': '1',
      'tab\tnew\nline': '2',
      '-option': '3',
      'ünï/✓.yaml': '4',
      ':(glob)*': '5',
      'a\\b': '6',
    };
    await using fixture = await createFixture(odd);
    const notUtf8 = Buffer.concat([Buffer.from(`${fixture.clone}/`), Buffer.from([0x66, 0xff, 0xfe])]);
    await writeFile(notUtf8, 'bytes');
    await fixture.commit('Bytes', {});
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { 'sp ace/"quote".yaml': 'x', '-option': 'y', ':(glob)*': 'z' }));
    expect((await mirror.diff(head, oid)).map(({ path }) => path).toSorted()).toEqual([
      '-option',
      ':(glob)*',
      'sp ace/"quote".yaml',
    ]);
    const kept = await mirror.entry(oid, 'tab\tnew\nline');
    expect((await mirror.blob(kept?.oid ?? '')).toString()).toBe('2');
    expect(await mirror.tree(oid)).toHaveLength(7);
  });

  test('paths that leave the tree, reach .git or hold control characters are refused', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    for (const path of [
      '../up',
      '/etc/passwd',
      'a/../../b',
      'a//b',
      './a',
      '.git/config',
      'a/.GIT/hooks/x',
      'git~1/x',
      'line\nbreak',
      '',
      'a/',
    ]) {
      await expect(mirror.writeCommit(newCommit(head, { [path]: 'x' })), path).rejects.toMatchObject({ code: 'REFUSED_PATH' });
    }
  });

  test('nothing is written through a symlink, a file or a folder of that name', async () => {
    await using fixture = await createFixture({ 'real/file': 'x' });
    const link = await git(fixture.clone, 'hash-object', '-w', 'real/file');
    await git(fixture.clone, 'update-index', '--add', '--cacheinfo', `120000,${link},link`);
    await git(fixture.clone, 'commit', '--quiet', '-m', 'Link');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    for (const path of ['link', 'link/below', 'real', 'real/file/below']) {
      await expect(mirror.writeCommit(newCommit(head, { [path]: 'x' }))).rejects.toMatchObject({ code: 'REFUSED_PATH' });
    }
  });

  test('deleting the last file leaves an empty tree', async () => {
    await using fixture = await createFixture({ 'a/b': 'x' });
    const mirror = await fetched(await fixture.mirror());
    const oid = await mirror.writeCommit(newCommit(await headOf(mirror), { 'a/b': null }));
    expect(await mirror.tree(oid)).toEqual([]);
  });

  test('a name that git would reject is cleaned', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const oid = await mirror.writeCommit(
      newCommit(await headOf(mirror), { x: 'x' }, { author: { name: ' <evil>\nparent 0 ', email: 'a@b>\n' } }),
    );
    expect((await mirror.commit(oid)).author).toMatchObject({ name: 'evilparent 0', email: 'a@b' });
  });
});

describe('pushing', () => {
  test('afterwards the mirror knows the new head without a fetch', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { x: 'x' }));
    expect(await mirror.push('main', oid, head)).toEqual({ kind: 'pushed' });
    expect(await headOf(mirror)).toBe(oid);
    expect(await git(fixture.bare, 'rev-parse', 'main')).toBe(oid);
    expect(await mirror.push('main', oid, oid)).toEqual({ kind: 'pushed' });
  });

  test('two writers: the second one is told that the branch moved, and lands after a fetch', async () => {
    await using fixture = await createFixture();
    const [one, two] = [
      await fetched(await fixture.mirror()),
      await fetched(await fixture.mirror({ kind: 'basic', username: 'x', password: secret })),
    ];
    const head = await headOf(one);
    const first = await one.writeCommit(newCommit(head, { one: '1' }));
    const second = await two.writeCommit(newCommit(head, { two: '2' }));
    const outcomes = await Promise.all([one.push('main', first, head), two.push('main', second, head)]);
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['moved', 'pushed']);
    const [winner, loser, file] = outcomes[0]?.kind === 'pushed' ? [first, two, 'two'] : [second, one, 'one'];
    await loser.fetch();
    expect(await headOf(loser)).toBe(winner);
    const again = await loser.writeCommit(newCommit(winner, { [file]: 'x' }));
    expect(await loser.push('main', again, winner)).toEqual({ kind: 'pushed' });
  });

  test('a branch that must not exist yet, and does', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { x: 'x' }));
    expect(await mirror.push('bump', oid, null)).toEqual({ kind: 'pushed' });
    expect(await mirror.push('bump', head, null)).toEqual({ kind: 'moved' });
  });

  test('a history that does not follow the expected head is never pushed without force', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const one = await mirror.writeCommit(newCommit(head, { x: '1' }));
    const two = await mirror.writeCommit(newCommit(head, { x: '2' }));
    await mirror.push('bump', one, null);
    await expect(mirror.push('bump', two, one)).rejects.toMatchObject({ code: 'NOT_FAST_FORWARD' });
    expect(await mirror.push('bump', two, head, { force: true })).toEqual({ kind: 'moved' });
    expect(await mirror.push('bump', two, one, { force: true })).toEqual({ kind: 'pushed' });
    expect(await git(fixture.bare, 'rev-parse', 'bump')).toBe(two);
  });

  test('a refusal carries what the server said, without terminal sequences', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { x: 'x' }));
    await fixture.host.refusePushes('the branch is \u001b[31mprotected\u001b[0m');
    expect(await mirror.push('main', oid, head)).toEqual({
      kind: 'refused',
      message: 'pre-receive hook declined: the branch is protected',
    });
    expect(await headOf(mirror)).toBe(head);
  });

  test('a further refspec gets the same commit, and push options reach the server', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { x: 'x' }));
    const options = { refspec: 'HEAD:refs/for/review', pushOptions: ['merge_request.create'] };
    expect(await mirror.push('main', oid, head, options)).toEqual({ kind: 'pushed' });
    expect(await git(fixture.bare, 'rev-parse', 'refs/for/review', 'main')).toBe(`${oid}\n${oid}`);
  });

  test('push options are dropped where the server does not know them', async () => {
    await using fixture = await createFixture();
    await git(fixture.bare, 'config', 'receive.advertisePushOptions', 'false');
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    const oid = await mirror.writeCommit(newCommit(head, { x: 'x' }));
    expect(await mirror.push('main', oid, head, { pushOptions: ['ci.skip'] })).toEqual({ kind: 'pushed' });
  });

  test('branch names that git would not accept, or could take for something else, are refused', async () => {
    await using fixture = await createFixture();
    const mirror = await fetched(await fixture.mirror());
    const head = await headOf(mirror);
    for (const branch of ['--exec=id', 'a b', 'a..b', 'x.lock', 'a:b', '', '@{u}', 'a\nb', '/a', 'a/', 'a/.b', 'a.']) {
      await expect(mirror.push(branch, head, null), branch).rejects.toMatchObject({ code: 'REFUSED_REF' });
    }
  });

  test('tasks of one branch run one after another, whatever credentials they have; other branches do not wait', async () => {
    await using fixture = await createFixture();
    const [one, two] = [await fixture.mirror(), await fixture.mirror({ kind: 'bearer', token: secret })];
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = one.asOnlyWriter('main', async () => {
      await gate.promise;
      order.push('first');
    });
    const second = two.asOnlyWriter('main', async () => order.push('second'));
    await one.asOnlyWriter('other', async () => order.push('other'));
    gate.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['other', 'first', 'second']);
    await expect(one.asOnlyWriter('main', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(one.asOnlyWriter('main', async () => 'on')).resolves.toBe('on');
  });
});
