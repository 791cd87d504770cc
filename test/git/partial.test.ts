import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFixture, environment, type Fixture, git, headOf, mirrorFolder } from './fixture.ts';

/** Puts `count` commits in front of main on the host, as `git fast-import` takes them. */
function deepen(fixture: Fixture, count: number): void {
  const commits = Array.from(
    { length: count },
    (_, index) =>
      `commit refs/heads/main\ncommitter Ada <ada@example.com> ${1_600_000_000 + index} +0000\ndata 5\nstep\n${index === 0 ? 'from refs/heads/main^0\n' : ''}M 644 inline count\ndata ${String(index).length}\n${index}\n`,
  );
  execFileSync('git', ['-C', fixture.bare, 'fast-import', '--quiet'], { env: environment, input: commits.join('\n') });
}

async function commitsIn(state: string): Promise<number> {
  const folder = await mirrorFolder(state);
  const listing = await git(folder, 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)');
  return listing.split('\n').filter((type) => type === 'commit').length;
}

describe('a mirror of which only one ref is wanted', () => {
  test('has its commit and its files, without the history behind it', async () => {
    await using fixture = await createFixture();
    deepen(fixture, 2_000);
    const mirror = await fixture.mirror();
    const head = await mirror.fetchRef('refs/heads/main');
    expect(head).toBe(await git(fixture.bare, 'rev-parse', 'main'));
    expect(await headOf(mirror)).toBe(head);
    expect((await mirror.tree(head ?? '')).map(({ path }) => path)).toEqual(['README.md', 'apps/web.yaml', 'count']);
    expect(await mirror.isWhole()).toBe(false);
    expect(await commitsIn(fixture.state)).toBe(1);
  });

  test('goes on from commit to commit, also where the branch was pushed anew', async () => {
    await using fixture = await createFixture();
    deepen(fixture, 50);
    const mirror = await fixture.mirror();
    await mirror.fetchRef('refs/heads/main');
    await git(fixture.clone, 'pull', '--quiet', 'origin', 'main');
    const next = await fixture.commit('Next', { 'a.yaml': '1' });
    expect(await mirror.fetchRef('refs/heads/main')).toBe(next);
    await git(fixture.clone, 'checkout', '--quiet', '--orphan', 'other');
    await git(fixture.clone, 'commit', '--quiet', '-m', 'Rewritten');
    await git(fixture.clone, 'push', '--quiet', '--force', 'origin', 'HEAD:main');
    const rewritten = await git(fixture.clone, 'rev-parse', 'HEAD');
    expect(await mirror.fetchRef('refs/heads/main')).toBe(rewritten);
    expect(await mirror.has((await mirror.commit(rewritten)).tree)).toBe(true);
    expect(await commitsIn(fixture.state)).toBeLessThan(4);
  });

  test('is completed by whoever needs history, and stays so', async () => {
    await using fixture = await createFixture();
    deepen(fixture, 100);
    const mirror = await fixture.mirror();
    const head = (await mirror.fetchRef('refs/heads/main')) ?? '';
    await mirror.fetch();
    expect(await mirror.isWhole()).toBe(true);
    let steps = 0;
    for await (const _ of mirror.history(head, ['count'])) steps += 1;
    expect(steps).toBe(100);
    await git(fixture.clone, 'pull', '--quiet', 'origin', 'main');
    await fixture.commit('One', { x: '1' });
    const last = await fixture.commit('Two', { x: '2' });
    expect(await mirror.fetchRef('refs/heads/main')).toBe(last);
    expect(await mirror.isAncestor(head, last)).toBe(true);
    expect(await readFile(join(await mirrorFolder(fixture.state), 'shallow'), 'utf8').catch(() => '')).toBe('');
    const again = await fixture.restart().mirror(mirror.remote);
    expect(await again.isWhole()).toBe(true);
  });

  test('lets a folder take the place of a branch', async () => {
    await using fixture = await createFixture();
    await git(fixture.clone, 'push', '--quiet', 'origin', 'HEAD:refs/heads/feature');
    const mirror = await fixture.mirror();
    const head = await mirror.fetchRef('refs/heads/feature');
    await git(fixture.clone, 'push', '--quiet', 'origin', ':refs/heads/feature', 'HEAD:refs/heads/feature/one');
    expect(await mirror.fetchRef('refs/heads/feature/one')).toBe(head);
    expect([...(await mirror.refs()).keys()]).toEqual(['refs/heads/feature/one']);
  });

  test('says null for a ref or a commit that the remote lacks', async () => {
    await using fixture = await createFixture();
    const mirror = await fixture.mirror();
    expect(await mirror.fetchRef('refs/heads/nope')).toBeNull();
    expect(await mirror.fetchRef('a'.repeat(40))).toBeNull();
    await expect(mirror.fetchRef('refs/heads/--upload-pack=x')).rejects.toMatchObject({ code: 'REFUSED_REF' });
  });

  test('is made anew when it is damaged', async () => {
    await using fixture = await createFixture();
    const first = await fixture.mirror();
    const head = (await first.fetchRef('refs/heads/main')) ?? '';
    await fixture.git.close();
    const folder = await mirrorFolder(fixture.state);
    execFileSync('sh', ['-c', `find ${folder}/objects -type f -exec chmod u+w {} + -exec truncate -s 10 {} +`]);
    const mirror = await fixture.restart().mirror(first.remote);
    expect(await mirror.fetchRef('refs/heads/main')).toBe(head);
    expect((await mirror.tree(head)).length).toBe(2);
  });
});

describe('what signatures and submodules are read from', () => {
  test('a tag object, and none for a lightweight tag', async () => {
    await using fixture = await createFixture();
    await git(fixture.clone, 'tag', 'light');
    await git(fixture.clone, 'tag', '-a', 'heavy', '-m', 'Heavy');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'light', 'heavy');
    const mirror = await fixture.mirror();
    await mirror.fetchRef('refs/tags/light');
    await mirror.fetchRef('refs/tags/heavy');
    const oid = await mirror.tagObject('heavy');
    expect(oid).toBe(await git(fixture.clone, 'rev-parse', 'heavy'));
    expect((await mirror.object(oid ?? ''))?.bytes.toString()).toMatch(/^object [0-9a-f]{40}\ntype commit\ntag heavy\n/);
    expect(await mirror.tagObject('light')).toBeNull();
    expect(await mirror.tagObject('nope')).toBeNull();
    expect(await mirror.object('b'.repeat(40))).toBeNull();
  });

  test('settings, without what they would include', async () => {
    await using fixture = await createFixture({
      '.gitmodules': '[submodule "a b"]\n\tpath = x\n\turl = ../y\n[include]\n\tpath = /etc/passwd\n[core]\n\tfsmonitor\n',
    });
    const mirror = await fixture.mirror();
    const head = (await mirror.fetchRef('refs/heads/main')) ?? '';
    const file = await mirror.entry(head, '.gitmodules');
    expect(await mirror.settings(file?.oid ?? '')).toEqual([
      ['submodule.a b.path', 'x'],
      ['submodule.a b.url', '../y'],
      ['include.path', '/etc/passwd'],
      ['core.fsmonitor', ''],
    ]);
  });
});
