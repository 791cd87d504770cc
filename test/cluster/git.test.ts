import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gitCredentials } from '../../src/auth/index.ts';
import { type GitMirror, type GitRemote, Secret } from '../../src/core/index.ts';
import { cloneWorkTree } from '../../src/demo/index.ts';
import { createGit } from '../../src/git/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { startGitHttp, startSshGit } from '../real/index.ts';

const author = { name: 'bot', email: 'bot@example.com' };

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-git-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openMirror(remote: GitRemote): Promise<GitMirror> {
  const git = createGit({ stateFolder: await temporaryFolder() });
  onTestFinished(() => git.close());
  return git.mirror(remote);
}

/** Puts a first commit into a bare repository on disk, as its owner would. */
async function seed(barePath: string): Promise<string> {
  const clone = await cloneWorkTree(barePath, join(await temporaryFolder(), 'clone'), author);
  await clone.git('commit', '--quiet', '--allow-empty', '--message', 'first');
  await clone.git('push', '--quiet', 'origin', 'HEAD:main');
  return (await clone.git('rev-parse', 'HEAD')).trim();
}

/** Fetches, commits and pushes as an automation does, and reads back what the remote has then. */
async function roundTrip(mirror: GitMirror, first: string): Promise<void> {
  await mirror.fetch();
  expect((await mirror.refs()).get('refs/heads/main')).toBe(first);
  const files = new Map([['apps/web.yaml', Buffer.from('image: web:1.1.0\n')]]);
  const commit = await mirror.writeCommit({ parent: first, files, message: 'bump', author, seconds: 1_700_000_000 });
  expect(await mirror.push('main', commit, first)).toEqual({ kind: 'pushed' });
  expect((await mirror.listRemote()).get('refs/heads/main')).toBe(commit);
  // Somebody who still believes in the first commit is told that the branch moved.
  const late = await mirror.writeCommit({ parent: first, files, message: 'late', author, seconds: 1_700_000_001 });
  expect(await mirror.push('main', late, first)).toEqual({ kind: 'moved' });
}

describeWithParts(['sshd', 'ssh-keygen'], 'git over a real sshd', () => {
  test('fetch, commit and push with an identity and known hosts', async () => {
    await using ssh = await startSshGit();
    const first = await seed(await ssh.createRepository('infra'));
    await roundTrip(await openMirror(sshRemote(ssh.url('infra'), ssh.identity, ssh.knownHosts)), first);
  });

  test('a server whose key is not the known one is refused, without the key in the text', async () => {
    await using ssh = await startSshGit();
    await seed(await ssh.createRepository('infra'));
    const mirror = await openMirror(sshRemote(ssh.url('infra'), ssh.identity, ssh.otherKnownHosts));
    await expect(mirror.fetch()).rejects.toMatchObject({ code: 'HOST_KEY' });
    await expect(mirror.fetch()).rejects.not.toThrow(/PRIVATE KEY/);
  });
});

function sshRemote(url: string, identity: string, knownHosts: string): GitRemote {
  const data = Object.entries({ identity, known_hosts: knownHosts }).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  return gitCredentials({ metadata: { namespace: 'default', name: 'key' }, data: Object.fromEntries(data) }, url);
}

describeWithParts(['git-http-backend'], 'git over a real smart HTTP server', () => {
  test('fetch, commit and push with a password', async () => {
    await using http = await startGitHttp({ basic: { username: 'bot', password: 'hunter2' } });
    const first = await seed(await http.createRepository('infra'));
    const credentials = { kind: 'basic', username: 'bot', password: new Secret('hunter2') } as const;
    await roundTrip(await openMirror({ url: http.url('infra'), credentials }), first);
  });

  test('fetch, commit and push with a token, over TLS with an authority of its own', async () => {
    await using http = await startGitHttp({ bearer: 'token-1', tls: true });
    const first = await seed(await http.createRepository('infra'));
    const remote = {
      url: http.url('infra'),
      credentials: { kind: 'bearer', token: new Secret('token-1') },
      ca: http.caPem ?? '',
    } as const;
    await roundTrip(await openMirror(remote), first);
  });

  test('a wrong password is told as such, without the password', async () => {
    await using http = await startGitHttp({ basic: { username: 'bot', password: 'hunter2' } });
    await seed(await http.createRepository('infra'));
    const credentials = { kind: 'basic', username: 'bot', password: new Secret('wrong-secret') } as const;
    const mirror = await openMirror({ url: http.url('infra'), credentials });
    await expect(mirror.fetch()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    await expect(mirror.fetch()).rejects.not.toThrow(/wrong-secret/);
  });
});
