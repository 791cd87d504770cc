import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GitRemote, Secret } from '../../src/core/index.ts';
import { startGitHost } from '../../src/sandbox/git-host.ts';
import { createGitArtifact, findSubmodules } from '../../src/source/index.ts';
import { submoduleRemote } from '../../src/source/submodule-remote.ts';
import { createFixture, type Fixture, git, headOf, writeFiles } from '../git/fixture.ts';

const token = new Secret('parent-token');
const parent: GitRemote = {
  url: 'https://git.example.com:8443/team/fleet.git',
  credentials: { kind: 'bearer', token },
  ca: 'authority',
  owner: 'somebody',
};

describe('the remote of a submodule', () => {
  test.for([
    { because: 'one beside it', url: '../lib.git', is: 'https://git.example.com:8443/team/lib.git', login: true },
    { because: 'one below it', url: './lib', is: 'https://git.example.com:8443/team/fleet.git/lib', login: true },
    { because: 'another team', url: '../../other/lib', is: 'https://git.example.com:8443/other/lib', login: true },
    {
      because: 'the same server',
      url: 'https://git.example.com:8443/x.git',
      is: 'https://git.example.com:8443/x.git',
      login: true,
    },
    { because: 'another port', url: 'https://git.example.com/x.git', is: 'https://git.example.com/x.git', login: false },
    { because: 'another protocol', url: 'http://git.example.com:8443/x', is: 'http://git.example.com:8443/x', login: false },
    { because: 'another host', url: 'https://evil.example.com/x', is: 'https://evil.example.com/x', login: false },
    {
      because: 'a host that only begins alike',
      url: 'https://git.example.com.evil.org:8443/x',
      is: 'https://git.example.com.evil.org:8443/x',
      login: false,
    },
    { because: 'a login in front of it', url: 'https://git.example.com:8443@evil.org/x', is: 'https://evil.org/x', login: false },
    {
      because: 'the short form of ssh',
      url: 'git@github.com:acme/lib.git',
      is: 'ssh://git@github.com/acme/lib.git',
      login: false,
    },
  ])('$because: $url', ({ url, is, login }) => {
    const remote = submoduleRemote(parent, url);
    expect(remote.url).toBe(is);
    expect(remote.ca).toBe('authority');
    expect(remote.credentials.kind).toBe(login ? 'bearer' : 'none');
    expect(remote.owner).toBe(login ? 'somebody' : undefined);
  });

  test.for([
    { because: 'a program', url: 'ext::sh -c touch% /tmp/pwned' },
    { because: 'a program without blanks', url: 'ext::/bin/sh' },
    { because: 'a path of this machine', url: 'file:///etc' },
    { because: 'a bare path', url: '/etc' },
    { because: 'an option', url: '--upload-pack=touch' },
    { because: 'an option as a host', url: 'ssh://-oProxyCommand=touch/x', later: true },
    { because: 'a line break', url: 'https://a.example.com/x\nHost: b' },
    { because: 'beyond the server', url: '../../../x' },
    { because: 'git without encryption', url: 'git://github.com/x' },
  ])('refuses $because: $url', ({ url, later }) => {
    // What ssh would take for an option is refused when the mirror is opened.
    if (later) expect(submoduleRemote(parent, url).credentials.kind).toBe('none');
    else expect(() => submoduleRemote(parent, url)).toThrow(expect.objectContaining({ code: 'SUBMODULE_FAILED' }));
  });
});

/** Commits a submodule of `fixture.clone` at `path`, without a checkout of it. */
async function addSubmodules(fixture: Fixture, modules: readonly { path: string; url: string; commit: string }[]): Promise<void> {
  const text = modules.map(({ path, url }) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`).join('');
  await writeFiles(fixture.clone, { '.gitmodules': text });
  await git(fixture.clone, 'add', '.gitmodules');
  for (const { path, commit } of modules)
    await git(fixture.clone, 'update-index', '--add', '--cacheinfo', `160000,${commit},${path}`);
  await git(fixture.clone, 'commit', '--quiet', '-m', 'Submodules');
  await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
}

async function seed(fixture: Fixture, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(fixture.folder, `seed-${name}`);
  await mkdir(folder);
  await writeFiles(folder, files);
  return git(await fixture.host.createRepository(name, folder), 'rev-parse', 'main');
}

async function submodulesOf(fixture: Fixture) {
  const mirror = await fixture.mirror();
  await mirror.fetchRef('refs/heads/main');
  const head = await headOf(mirror);
  const options = { open: (remote: GitRemote) => fixture.git.mirror(remote), signal: AbortSignal.timeout(20_000) };
  return { mirror, head, submodules: await findSubmodules(mirror, head, options) };
}

describe('submodules', () => {
  test('and theirs lie in the artifact, each at the commit its parent names', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1' });
    const inner = await seed(fixture, 'inner', { 'inner.yaml': 'i', 'skip.md': 's' });
    const link = `[submodule "in"]\n\tpath = nested/in\n\turl = ../inner.git\n`;
    const folder = join(fixture.folder, 'outer');
    await seed(fixture, 'outer', { 'outer.yaml': 'o', '.gitmodules': link });
    await git(fixture.folder, 'clone', '--quiet', join(fixture.folder, 'host/outer.git'), folder);
    await git(folder, 'update-index', '--add', '--cacheinfo', `160000,${inner},nested/in`);
    await git(folder, 'commit', '--quiet', '-m', 'Nested');
    await git(folder, 'push', '--quiet', 'origin', 'main');
    const outer = await git(folder, 'rev-parse', 'HEAD');
    await addSubmodules(fixture, [{ path: 'vendor/outer', url: '../outer.git', commit: outer }]);
    const { mirror, head, submodules } = await submodulesOf(fixture);
    const artifact = createGitArtifact(mirror, head, 'main@sha1:x', 'skip.md', { submodules });
    const paths = (await artifact.files('')).map(({ path }) => path);
    expect(paths).toEqual(['a.yaml', 'vendor/outer/nested/in/inner.yaml', 'vendor/outer/outer.yaml']);
    const file = (await artifact.files('vendor/outer/nested'))[0];
    expect((await file?.read())?.toString()).toBe('i');
  });

  test('a link without an entry, and an entry without a link, are left out', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1', '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ../x\n' });
    await git(fixture.clone, 'update-index', '--add', '--cacheinfo', `160000,${'a'.repeat(40)},y`);
    await git(fixture.clone, 'commit', '--quiet', '-m', 'Link');
    await git(fixture.clone, 'push', '--quiet', 'origin', 'main');
    expect((await submodulesOf(fixture)).submodules).toEqual([]);
  });

  test('the credentials of the repository do not reach another server', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1' }, { auth: { kind: 'bearer', token: 'parent-token' } });
    const auth = { kind: 'bearer', token: 'parent-token' } as const;
    await using other = await startGitHost({ folder: join(fixture.folder, 'other'), auth });
    await other.createRepository('lib');
    await addSubmodules(fixture, [{ path: 'lib', url: other.url('lib'), commit: 'a'.repeat(40) }]);
    const mirror = await fixture.mirror({ kind: 'bearer', token });
    await mirror.fetch();
    const options = { open: (remote: GitRemote) => fixture.git.mirror(remote), signal: AbortSignal.timeout(20_000) };
    await expect(findSubmodules(mirror, await headOf(mirror), options)).rejects.toThrow(
      /failed to check out submodule 'lib': .*authentication required/,
    );
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.every(({ authorized }) => !authorized)).toBe(true);
  });

  test('one that leads to itself ends', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1' });
    const first = await git(fixture.clone, 'rev-parse', 'HEAD');
    await addSubmodules(fixture, [{ path: 'self', url: './../web.git', commit: first }]);
    expect((await submodulesOf(fixture)).submodules.map(({ path }) => path)).toEqual(['self']);
  });

  test('too many are refused', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1' });
    const commit = await git(fixture.clone, 'rev-parse', 'HEAD');
    const many = Array.from({ length: 101 }, (_, index) => ({ path: `m${index}`, url: '../web.git', commit }));
    await addSubmodules(fixture, many);
    await expect(submodulesOf(fixture)).rejects.toThrow(/more than 100/);
  });

  test('a commit that the submodule does not have is told with its path', async () => {
    await using fixture = await createFixture({ 'a.yaml': '1' });
    await addSubmodules(fixture, [{ path: 'lib', url: '../web.git', commit: 'b'.repeat(40) }]);
    await expect(submodulesOf(fixture)).rejects.toThrow(/failed to check out submodule 'lib': .*object not found: commit b+/);
  });
});
