import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startGitHost } from '../../src/sandbox/index.ts';
import { startGiteaStandIn } from '../forge/support/gitea-stand-in.ts';
import { startGitHubStandIn } from '../forge/support/github-stand-in.ts';
import { startGitLabStandIn } from '../forge/support/gitlab-stand-in.ts';
import { commitStates, git, writeFiles } from './support/checkout.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const token = 's3cret-t0ken';
const forges = {
  github: { start: startGitHubStandIn, username: 'x-access-token', request: 'pull request #1' },
  gitlab: { start: startGitLabStandIn, username: 'oauth2', request: 'merge request !1' },
  gitea: { start: startGiteaStandIn, username: 'tagalong', request: 'pull request #1' },
} as const;

const image = (name: string, tag: string) => `image: acme.io/${name}:${tag} # {"$imagepolicy": "apps:${name}"}\n`;

const policy = (name: string, tag: string, annotations = '') => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${name}, namespace: apps${annotations} }
spec: { imageRepositoryRef: { name: ${name} }, policy: { semver: { range: 1.x } } }
status: { latestRef: { name: acme.io/${name}, tag: ${tag} } }
`;

const automation = (annotations = '', commit = '') => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: bot, namespace: apps${annotations} }
spec:
  interval: 1m
  sourceRef: { kind: GitRepository, name: fleet }
  git: { commit: { author: { name: Ci, email: ci@acme.example }${commit} } }
`;

/** A checkout of a repository that a git host and a forge serve, with the policies beside it. */
async function startForge(kind: keyof typeof forges = 'gitea', files: Readonly<Record<string, string>> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const { start, username } = forges[kind];
  const host = stack.use(
    await startGitHost({ folder: join(folder.path, 'remotes'), auth: { kind: 'basic', username, password: token } }),
  );
  const bare = await host.createRepository('acme/fleet');
  const checkout = join(folder.path, 'checkout');
  const first = { 'apps/web.yaml': image('web', '1.0.0'), ...files };
  await commitStates(checkout, [['start', first]]);
  git(checkout, 'push', '--quiet', bare, 'HEAD:main');
  git(checkout, 'remote', 'add', 'origin', host.url('acme/fleet'));
  const forge = stack.use(await start(bare, 'acme/fleet', token));
  await writeFiles(folder.path, { token: `${token}\n` });
  const owned = stack.move();
  const where = ['--forge', kind, '--forge-url', forge.server.url, '--token-file', join(folder.path, 'token')];
  return {
    ...{ bare, checkout, state: forge.state },
    async update(policies: string, ...more: readonly string[]) {
      await writeFiles(folder.path, { 'policies/all.yaml': policies });
      const from = ['--policies', join(folder.path, 'policies'), '--path', checkout, '--offline'];
      const ran = await runInProcess(['update', ...from, '--pull-request', ...where, ...more]);
      expect(ran.stdout + ran.stderr).not.toContain(token);
      return ran;
    },
    subjects: (branch = 'tagalong/update') => git(bare, 'log', '--format=%s', `main..${branch}`).split('\n').filter(Boolean),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test.for(['github', 'gitlab', 'gitea'] as const)(
  'on %s a request brings what the policies picked, and the checkout stays',
  async (kind) => {
    await using home = await startForge(kind);
    const ran = await home.update(policy('web', '1.1.0'));
    expect(ran.stderr).toContain(`${forges[kind].request} opened`);
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('acme.io/web:1.0.0 -> acme.io/web:1.1.0') });
    const [request] = await home.state.list();
    expect(request).toMatchObject({ branch: 'tagalong/update', base: 'main', title: 'Update web to 1.1.0' });
    expect(request?.body).toContain('| `web` | `apps/web.yaml:1` | `acme.io/web:1.0.0` | `acme.io/web:1.1.0` |');
    expect(request?.body).toContain('tagalong update --pull-request');
    expect(git(home.bare, 'show', 'tagalong/update:apps/web.yaml')).toBe(image('web', '1.1.0').trimEnd());
    expect(git(home.checkout, 'status', '--porcelain')).toBe('');
  },
);

const twoImages = { 'apps/api.yaml': image('api', '1.0.0') };

test('each policy has a commit of its own, so that a revert takes back one', async () => {
  await using home = await startForge('gitea', twoImages);
  await home.update(policy('web', '1.1.0') + policy('api', '1.2.0'));
  expect(git(home.bare, 'diff', '--name-only', 'main', 'tagalong/update~1')).toBe('apps/api.yaml');
  expect(git(home.bare, 'diff', '--name-only', 'tagalong/update~1', 'tagalong/update')).toBe('apps/web.yaml');
});

test('policies of a group, and all of an automation that says so, are one commit', async () => {
  await using home = await startForge('gitea', twoImages);
  const group = ', annotations: { tagalong.dev/group: shop }';
  await home.update(policy('web', '1.1.0', group) + policy('api', '1.2.0', group));
  expect(home.subjects()).toHaveLength(1);
  const run = automation(', annotations: { tagalong.dev/commit-per: run }');
  await home.update(policy('web', '1.1.0') + policy('api', '1.2.0') + run, '--branch', 'other');
  expect(home.subjects('other')).toHaveLength(1);
});

test('the words and the author are those of the automation', async () => {
  await using home = await startForge();
  const words = ', annotations: { tagalong.dev/pull-request-title: "deps: {{ len .Changed.Changes }}" }';
  const commit = ', messageTemplate: "bump {{ range .Changed.Changes }}{{ .NewValue }}{{ end }}"';
  await home.update(policy('web', '1.1.0') + automation(words, commit));
  expect(git(home.bare, 'log', '-1', '--format=%an <%ae> %s', 'tagalong/update')).toBe(
    'Ci <ci@acme.example> bump acme.io/web:1.1.0',
  );
  expect(await home.state.list()).toMatchObject([{ title: 'deps: 1' }]);
});

test('a newer pick moves the same request; the same pick moves nothing', async () => {
  await using home = await startForge();
  await home.update(policy('web', '1.1.0'));
  const before = git(home.bare, 'rev-parse', 'tagalong/update');
  expect((await home.update(policy('web', '1.1.0'))).stderr).toContain('pull request #1 is up to date');
  expect(git(home.bare, 'rev-parse', 'tagalong/update')).toBe(before);
  expect((await home.update(policy('web', '1.2.0'))).stderr).toContain('pull request #1 brought up to date');
  expect(home.subjects()).toHaveLength(1);
  expect(await home.state.list()).toMatchObject([{ title: 'Update web to 1.2.0' }]);
});

test('closing the request unmerged says no to that version, and a newer one is asked for', async () => {
  await using home = await startForge('github');
  await home.update(policy('web', '1.1.0'));
  await home.state.closeBy(1, 'ann');
  const again = await home.update(policy('web', '1.1.0'));
  expect(again).toMatchObject({ code: 0, stdout: '' });
  expect(again.stderr).toContain('acme.io/web:1.0.0 stays: ann closed pull request #1 unmerged');
  expect((await home.update(policy('web', '1.1.0'), '--ignore-holds')).stderr).toContain('pull request #2 opened');
  await home.state.closeBy(2, 'ann');
  expect((await home.update(policy('web', '1.2.0'))).stderr).toContain('pull request #3 opened');
});

test('a request with nothing to land any more is closed, and its branch goes; that is no hold', async () => {
  await using home = await startForge();
  await home.update(policy('web', '1.1.0'));
  expect((await home.update(policy('web', '1.0.0'))).stderr).toContain(
    'pull request #1 closed: there is nothing to land any more',
  );
  expect(await home.state.list()).toMatchObject([{ state: 'closed', title: 'Superseded: Update web to 1.1.0' }]);
  expect(git(home.bare, 'branch', '--list', 'tagalong/*')).toBe('');
  expect((await home.update(policy('web', '1.1.0'))).stderr).toContain('pull request #2 opened');
});

test('after a merge the branch goes', async () => {
  await using home = await startForge();
  await home.update(policy('web', '1.1.0'));
  await home.state.merge(1, 'merge');
  git(home.checkout, 'pull', '--quiet', home.bare, 'main');
  expect((await home.update(policy('web', '1.1.0'))).stderr).toContain(
    'pull request #1 is merged; branch tagalong/update is gone',
  );
  expect(git(home.bare, 'branch', '--list', 'tagalong/*')).toBe('');
});

test('a branch with a commit of somebody else is left alone, also below ours', async () => {
  await using home = await startForge();
  await home.update(policy('web', '1.1.0'));
  await home.state.repository.commit('tagalong/update', 'mine', { 'apps/api.yaml': Buffer.from('a: 1\n') });
  const ran = await home.update(policy('web', '1.2.0'));
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('with commits of others') });
});

test('a checkout that is not what the remote has asks for nothing', async () => {
  await using home = await startForge();
  await writeFiles(home.checkout, { 'apps/web.yaml': `# mine\n${image('web', '1.0.0')}` });
  const ran = await home.update(policy('web', '1.1.0'));
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('apps/web.yaml is not what main of the remote has') });
  expect(await home.state.list()).toEqual([]);
});

test('a folder below the root of the repository keeps its paths', async () => {
  await using home = await startForge();
  const ran = await home.update(policy('web', '1.1.0'), '--path', join(home.checkout, 'apps'));
  expect(ran.code).toBe(0);
  expect(git(home.bare, 'diff', '--name-only', 'main', 'tagalong/update')).toBe('apps/web.yaml');
});

test('a dry run and a request exclude each other', async () => {
  await using home = await startForge();
  expect((await home.update(policy('web', '1.1.0'), '--dry-run')).code).toBe(2);
});
