import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Branch, readBranch } from './support/branch.ts';
import { type Difference, gitRepository, imageUpdateAutomation, manifest } from './support/resources.ts';
import { type Loop, startLoop } from './support/start-loop.ts';

const web = 'apps/web.yaml';
const toUpdates = { spec: { git: { push: { branch: 'updates' } } } };

function branch(loop: Loop, name: string): Branch {
  return readBranch(`${loop.folder}/git/fleet.git`, name);
}

function carries(loop: Loop, name: string, file: string, text: string): Promise<unknown> {
  return loop.until(`${name} to carry ${text}`, async () =>
    (
      await branch(loop, name)
        .file(file)
        .catch(() => null)
    )?.includes(text),
  );
}

function stalls(loop: Loop, reason: string) {
  return loop.until(`Stalled ${reason}`, async () => {
    const stalled = await loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled');
    return stalled?.reason === reason && stalled;
  });
}

test('bumps go to the push branch, made from the checkout, and main stays as it is', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.rests();
  expect(await loop.main.commits()).toHaveLength(1);
  const [ours, start] = await branch(loop, 'updates').commits();
  expect([ours?.author, start?.oid]).toEqual(['Bot', await loop.main.head()]);
  expect((await loop.get('ImageUpdateAutomation', 'fleet'))['status']).toMatchObject({
    lastPushCommit: ours?.oid,
    observedSourceRevision: `main@sha1:${await loop.main.head()}`,
  });
});

test('a newer tag replaces what stood on the push branch, and an unchanged run pushes nothing', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.rests();
  const first = await branch(loop, 'updates').head();
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await branch(loop, 'updates').head()).toBe(first);
  await loop.pushTag('web', '1.2.0');
  await carries(loop, 'updates', web, ':1.2.0');
  expect((await branch(loop, 'updates').commits()).map(({ author }) => author)).toEqual(['Bot', 'Ann Operator']);
});

test('when main moves on, the push branch is made anew from it', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.person.edit(web, (text) => `# new\n${text}`);
  const theirs = await loop.person.commitAndPush('A comment');
  await loop.request('ImageUpdateAutomation', 'fleet');
  await carries(loop, 'updates', web, '# new');
  const commits = await branch(loop, 'updates').commits();
  expect(commits.map(({ oid }) => oid)[1]).toBe(theirs);
});

test('a commit of somebody else on the push branch leaves it as it is, and it is said', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.rests();
  const theirs = await commitOnto(loop, 'updates');
  await loop.pushTag('web', '1.2.0');
  const kept = await loop.until('the condition', () => loop.condition('ImageUpdateAutomation', 'fleet', 'BranchKept'));
  expect(kept).toMatchObject({ status: 'True', reason: 'ForeignCommits' });
  expect(kept.message).toContain(`${theirs.slice(0, 7)} by Ann Operator (By hand)`);
  expect(await branch(loop, 'updates').head()).toBe(theirs);
  await branch(loop, 'updates').git('update-ref', '-d', 'refs/heads/updates');
  await loop.request('ImageUpdateAutomation', 'fleet');
  await carries(loop, 'updates', web, ':1.2.0');
  expect(await loop.condition('ImageUpdateAutomation', 'fleet', 'BranchKept')).toBeUndefined();
});

/** A commit by a person upon the head of a branch, made on the host. */
async function commitOnto(loop: Loop, name: string, ...more: readonly string[]): Promise<string> {
  const { git, head } = branch(loop, name);
  const identity = ['-c', 'user.name=Ann Operator', '-c', 'user.email=ann@example.com'];
  const tree = (await git('rev-parse', `${name}^{tree}`)).trim();
  const oid = (await git(...identity, 'commit-tree', tree, '-p', await head(), '-m', 'By hand', ...more)).trim();
  await git('update-ref', `refs/heads/${name}`, oid);
  return oid;
}

test('our own commit that a person amended is no longer ours', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.rests();
  const [ours] = await branch(loop, 'updates').commits();
  const updates = branch(loop, 'updates');
  const raw = await updates.git('cat-file', 'commit', ours?.oid ?? '');
  const amended = raw.replace(/^committer .*$/m, 'committer Ann Operator <ann@example.com> 1700000000 +0000');
  await writeFile(`${loop.folder}/amended`, amended);
  const oid = (await updates.git('hash-object', '-t', 'commit', '-w', `${loop.folder}/amended`)).trim();
  await updates.git('update-ref', 'refs/heads/updates', oid);
  await loop.pushTag('web', '1.2.0');
  await loop.until('the condition', () => loop.condition('ImageUpdateAutomation', 'fleet', 'BranchKept'));
  expect(await updates.head()).toBe(oid);
});

test('what was taken back on main is not brought back by way of the push branch', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.person.git('pull', '--quiet', 'origin', 'updates');
  await loop.person.git('revert', '--no-edit', 'HEAD');
  await loop.person.git('push', '--quiet', 'origin', 'HEAD:main');
  await branch(loop, 'main').git('update-ref', '-d', 'refs/heads/updates');
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.message).toContain('1.1.0 is held');
  await expect(branch(loop, 'updates').head()).rejects.toThrow();
  await loop.pushTag('web', '1.2.0');
  await carries(loop, 'updates', web, ':1.2.0');
});

test('pushing to another branch, and then to main itself, takes nothing for reverted', async () => {
  await using loop = await startLoop({ automation: toUpdates });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  await loop.rests();
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { git: { push: null } } });
  await loop.lands(web, ':1.1.0');
});

test.for<{ because: string; ref: (loop: Loop) => Promise<Difference>; from: string }>([
  { because: 'a tag', ref: async () => ({ tag: 'v1.0.0' }), from: 'v1.0.0@sha1:' },
  { because: 'the newest tag of a range', ref: async () => ({ semver: '1.x' }), from: 'v1.0.0@sha1:' },
  { because: 'a commit', ref: async (loop) => ({ commit: await loop.main.head() }), from: 'sha1:' },
  { because: 'a name of a tag', ref: async () => ({ name: 'refs/tags/v1.0.0' }), from: 'refs/tags/v1.0.0@sha1:' },
])('$because can be what a push branch is made from', async ({ ref, from }) => {
  await using loop = await startLoop({ automation: null });
  await loop.main.git('tag', 'v1.0.0', 'main');
  const start = await loop.main.head();
  const checkout = { ref: await ref(loop) };
  await loop.person.edit(web, (text) => `# later\n${text}`);
  await loop.person.commitAndPush('Later');
  await loop.apply(imageUpdateAutomation({ spec: { git: { checkout, push: { branch: 'updates' } } } }));
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'updates', web, ':1.1.0');
  expect((await branch(loop, 'updates').commits())[1]?.oid).toBe(start);
  await loop.rests();
  const { status } = await loop.get('ImageUpdateAutomation', 'fleet');
  expect(status).toMatchObject({ observedSourceRevision: `${from}${start}` });
});

test('a name of a branch is that branch', async () => {
  const git = { checkout: { ref: { name: 'refs/heads/main' } }, push: { branch: 'main' } };
  await using loop = await startLoop({ automation: { spec: { git } } });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
});

test('a branch that people use is not forced, where a commit of it is pinned', async () => {
  await using loop = await startLoop({ automation: null });
  const git = { checkout: { ref: { branch: 'main', commit: await loop.main.head() } } };
  await loop.person.edit(web, (text) => `# later\n${text}`);
  const later = await loop.person.commitAndPush('Later');
  await loop.apply(imageUpdateAutomation({ spec: { git } }));
  await loop.pushTag('web', '1.1.0');
  const kept = await loop.until('the condition', () => loop.condition('ImageUpdateAutomation', 'fleet', 'BranchKept'));
  expect(kept.message).toContain('is left as it is');
  expect(await loop.main.head()).toBe(later);
});

test('a refspec gets the same commit, and push options arrive', async () => {
  const push = { refspec: 'HEAD:refs/heads/mirror', options: { 'merge_request.create': '' } };
  await using loop = await startLoop({ automation: { spec: { git: { push } } } });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  expect(await branch(loop, 'mirror').head()).toBe(await loop.main.head());
});

test.for([
  { refspec: '+HEAD:refs/heads/x', says: "'+' would force it" },
  { refspec: ':refs/heads/main', says: 'would delete the ref' },
  { refspec: 'refs/heads/*:refs/heads/*', says: 'matches many refs' },
  { refspec: 'HEAD:main', says: 'not a valid ref name' },
])('the refspec $refspec is refused before anything is pushed', async ({ refspec, says }) => {
  await using loop = await startLoop({ automation: { spec: { git: { push: { refspec } } } } });
  expect((await stalls(loop, 'InvalidRefspec')).message).toContain(says);
});

test('only refs that are allowed are pushed', async () => {
  await using loop = await startLoop({ asleep: true, automation: toUpdates });
  await loop.startApp({ allowedPushRefs: ['refs/heads/bot/*'] });
  expect((await stalls(loop, 'PushRefNotAllowed')).message).toContain("'refs/heads/updates'");
  await loop.patch('ImageUpdateAutomation', 'fleet', { spec: { git: { push: { branch: 'bot/updates' } } } });
  await loop.pushTag('web', '1.1.0');
  await carries(loop, 'bot/updates', web, ':1.1.0');
});

test('the credentials of a GitRepository write for another namespace only where it says so', async () => {
  await using loop = await startLoop({ automation: { spec: { sourceRef: { name: 'shared', namespace: 'platform' } } } });
  await loop.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'platform' } });
  const shared = gitRepository(loop.gitHost.url('fleet'), { metadata: { namespace: 'platform' } }, 'shared');
  await loop.apply(shared);
  expect((await stalls(loop, 'AccessDenied')).message).toContain('tagalong.dev/write-from: default');
  const metadata = { name: 'shared', namespace: 'platform', annotations: { 'tagalong.dev/write-from': 'other, default' } };
  await loop.apply({ ...shared, metadata });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
});

test('an unprotected base with two images lands both upon the push branch, a commit each', async () => {
  await using loop = await startLoop({
    images: { api: ['1.0.0'], web: ['1.0.0'] },
    files: (host) => ({ 'apps/all.yaml': `${manifest('web', `${host}/web:1.0.0`)}---\n${manifest('api', `${host}/api:1.0.0`)}` }),
    automation: toUpdates,
  });
  await loop.pushTag('web', '1.1.0');
  await loop.pushTag('api', '1.1.0');
  await carries(loop, 'updates', 'apps/all.yaml', '/web:1.1.0');
  await carries(loop, 'updates', 'apps/all.yaml', '/api:1.1.0');
  expect(await branch(loop, 'updates').commits()).toHaveLength(3);
});
