import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGitHost } from '../../src/sandbox/index.ts';
import { startGiteaStandIn } from '../forge/support/gitea-stand-in.ts';
import { commitStates, git, writeFiles } from './support/checkout.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const token = 's3cret-t0ken';
const pod = 'kind: Pod\nspec:\n  containers:\n    - image: acme.io/web:1.2.3\n';

/** A checkout of a repository that a git host and a forge serve. */
async function startForge() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const auth = { kind: 'basic', username: 'tagalong', password: token } as const;
  const host = stack.use(await startGitHost({ folder: join(folder.path, 'remotes'), auth }));
  const bare = await host.createRepository('acme/fleet');
  const checkout = join(folder.path, 'checkout');
  await commitStates(checkout, [['start', { 'apps/web.yaml': pod }]]);
  git(checkout, 'push', '--quiet', bare, 'HEAD:main');
  git(checkout, 'remote', 'add', 'origin', host.url('acme/fleet'));
  const forge = stack.use(await startGiteaStandIn(bare, 'acme/fleet', token));
  await writeFiles(folder.path, { token: `${token}\n` });
  const owned = stack.move();
  const options = ['--forge', 'gitea', '--forge-url', forge.server.url, '--token-file', join(folder.path, 'token')];
  return {
    ...{ bare, checkout, forge },
    run: () => runInProcess(['mark', checkout, '--create-policies', '--pull-request', ...options]),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('a pull request brings the markers and the policies, and the checkout stays as it is', async () => {
  await using home = await startForge();
  const ran = await home.run();
  expect(ran.stderr).toContain('pull request #1 opened');
  expect(ran.code).toBe(0);
  expect(await home.forge.state.list()).toMatchObject([
    { branch: 'tagalong/mark', base: 'main', title: 'Mark images for updates' },
  ]);
  expect(git(home.bare, 'show', 'tagalong/mark:apps/web.yaml')).toBe(`${pod.trimEnd()} # {"$imagepolicy": "flux-system:web"}`);
  expect(git(home.bare, 'show', 'tagalong/mark:policies/web.yaml')).toContain('range: ^1.2.3');
  expect(git(home.checkout, 'status', '--porcelain')).toBe('');
  expect(ran.stdout + ran.stderr).not.toContain(token);
});

test('asked again, the same request stands', async () => {
  await using home = await startForge();
  await home.run();
  expect((await home.run()).stderr).toContain('pull request #1 is up to date');
  expect(await home.forge.state.list()).toHaveLength(1);
});

test('a branch that somebody committed to is left alone', async () => {
  await using home = await startForge();
  git(home.checkout, 'push', '--quiet', home.bare, 'HEAD:tagalong/mark');
  await home.forge.state.repository.commit('tagalong/mark', 'mine', { 'apps/mine.yaml': Buffer.from('a: 1\n') });
  const ran = await home.run();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('the remote has a branch tagalong/mark with commits of others; name another by --branch');
});

test('what the remote does not have is not asked for', async () => {
  await using home = await startForge();
  await writeFiles(home.checkout, { 'apps/web.yaml': `# mine\n${pod}` });
  const ran = await home.run();
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('apps/web.yaml is not what main of the remote has');
});
