import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitStates, git, writeFiles } from './support/checkout.ts';
import { type Ran, runInProcess, runTagalong, temporaryFolder } from './support/run-tagalong.ts';

const policy = (latest: string) => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: web, namespace: apps }
spec: { imageRepositoryRef: { name: web }, policy: { semver: { range: 1.x } } }
status: { latestRef: { name: example.com/web, tag: ${latest} } }
`;

const automation = (annotations: string) => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: bot, namespace: apps, annotations: { ${annotations} } }
spec: { interval: 1m, sourceRef: { kind: GitRepository, name: sample }, update: { strategy: Setters } }
`;

const image = (tag: string, more = '') => `${more}image: example.com/web:${tag} # {"$imagepolicy": "apps:web"}\n`;

const reverted = [
  ['start', { 'apps/web.yaml': image('1.0.0') }],
  ['Update web', { 'apps/web.yaml': image('1.1.0') }],
  ['Revert "Update web"', { 'apps/web.yaml': image('1.0.0') }],
] as const;

interface Run {
  readonly policies: string;
  readonly args?: readonly string[];
  /** From the folder of the case; the history with a revert is in `repo`. */
  readonly path?: string;
  prepare?(root: string): Promise<unknown> | unknown;
  /** Read afterwards, below `path`. */
  readonly file?: string;
}

async function update({
  policies,
  args = [],
  path = 'repo',
  prepare,
  file = 'apps/web.yaml',
}: Run): Promise<Ran & { after: string }> {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { 'policies/all.yaml': policies });
  await commitStates(join(folder.path, 'repo'), reverted);
  await prepare?.(folder.path);
  const root = join(folder.path, path);
  const ran = await runInProcess(['update', '--offline', '--policies', join(folder.path, 'policies'), '--path', root, ...args]);
  const stderr = ran.stderr.replaceAll(`${folder.path}/`, '').replaceAll(/\b[0-9a-f]{7}\b/g, '<commit>');
  return { ...ran, stderr, after: await readFile(join(root, file), 'utf8') };
}

test('a version that somebody took back is not written again, and it is said who did', async () => {
  const ran = await update({ policies: policy('1.1.0') });
  expect(ran).toEqual({
    code: 0,
    stdout: '',
    stderr: `⚠️ repo/apps/web.yaml:1: example.com/web:1.0.0 stays: Ann changed it from example.com/web:1.1.0 to example.com/web:1.0.0 in <commit> (Revert "Update web"); example.com/web:1.1.0 is held: a newer tag goes on by itself, --ignore-holds lands this one
nothing to change
`,
    after: image('1.0.0'),
  });
});

test('JSON says what is held, where, and by which commit', async () => {
  const ran = await update({ policies: policy('1.1.0'), args: ['-o', 'json'] });
  expect(JSON.parse(ran.stdout)).toMatchObject({
    changes: [],
    held: [
      {
        line: 1,
        policy: 'apps/web',
        before: 'example.com/web:1.0.0',
        after: 'example.com/web:1.1.0',
        by: { commit: expect.stringMatching(/^[0-9a-f]{40}$/), author: { name: 'Ann' }, subject: 'Revert "Update web"' },
      },
    ],
    refused: [],
    unreadable: [],
  });
});

test.for([
  { because: 'a newer version is free', policies: policy('1.2.0'), after: '1.2.0' },
  { because: 'a dry run holds too', policies: policy('1.1.0'), args: ['--dry-run'], after: '1.0.0' },
  { because: '--ignore-holds writes it', policies: policy('1.1.0'), args: ['--ignore-holds'], after: '1.1.0' },
  {
    because: 'an automation that bumps reverted versions again does so here',
    policies: policy('1.1.0') + automation('tagalong.dev/on-revert: rebump'),
    after: '1.1.0',
  },
  { because: 'an automation without that holds', policies: policy('1.1.0') + automation(''), after: '1.0.0' },
  { because: 'below the top of the work tree it is the same file', path: 'repo/apps', file: 'web.yaml', after: '1.0.0' },
  {
    because: 'a linked work tree has the history of its repository',
    prepare: (root: string) => git(join(root, 'repo'), 'worktree', 'add', '--quiet', '--detach', '../linked'),
    path: 'linked',
    after: '1.0.0',
  },
  {
    because: 'a repository within the folder has a history of its own',
    prepare: (root: string) =>
      commitStates(join(root, 'outer'), []).then(() => rename(join(root, 'repo'), join(root, 'outer/repo'))),
    path: 'outer',
    file: 'repo/apps/web.yaml',
    after: '1.0.0',
  },
  {
    because: 'HEAD decides, also where it is detached before the revert',
    prepare: (root: string) => git(join(root, 'repo'), 'checkout', '--quiet', '--detach', 'HEAD~2'),
    after: '1.1.0',
  },
  {
    because: 'a copy without .git has no history',
    prepare: (root: string) => rename(join(root, 'repo/.git'), join(root, 'gone')),
    after: '1.1.0',
  },
  {
    because: 'a repository without a commit has none either',
    prepare: async (root: string) => {
      await rename(join(root, 'repo/.git'), join(root, 'gone'));
      git(join(root, 'repo'), 'init', '--quiet');
    },
    after: '1.1.0',
  },
] satisfies readonly (Partial<Run> & { because: string; after: string })[])('$because', async ({ after, ...run }) => {
  const ran = await update({ policies: policy('1.1.0'), ...run });
  expect([ran.code, ran.after]).toEqual([0, image(after)]);
});

test('edits that are not committed stay, and history still decides about the version', async () => {
  const prepare = (root: string) =>
    writeFiles(join(root, 'repo'), { 'apps/web.yaml': image('1.0.0', '# mine\n'), 'apps/new.yaml': image('1.0.0') });
  const ran = await update({ policies: policy('1.1.0'), prepare });
  expect([ran.after, ran.stdout.match(/new\.yaml:1 .*1\.1\.0/)?.length]).toEqual([image('1.0.0', '# mine\n'), 1]);
});

test('a token of `tagalong release` on the automation lands that one hold', async () => {
  const prepare = (root: string) => {
    const commit = git(join(root, 'repo'), 'rev-parse', 'HEAD').slice(0, 10);
    return writeFiles(root, {
      'policies/all.yaml': policy('1.1.0') + automation(`tagalong.dev/release: web@${commit}`),
    });
  };
  expect((await update({ policies: '', prepare })).after).toBe(image('1.1.0'));
});

describe('where history was left out', () => {
  const clone =
    (...args: string[]) =>
    (root: string) => {
      git(join(root, 'repo'), 'config', 'uploadpack.allowFilter', 'true');
      git(root, 'clone', '--quiet', ...args, `file://${join(root, 'repo')}`, 'clone');
    };

  test.for([
    ['a shallow clone', ['--depth', '1']],
    ['a partial clone', ['--filter=blob:none']],
  ] as const)('%s is not bumped, and says what to fetch', async ([, args]) => {
    const ran = await update({ policies: policy('1.1.0'), prepare: clone(...args), path: 'clone' });
    expect([ran.code, ran.after, ran.stderr.includes('`fetch-depth: 0`')]).toEqual([0, image('1.0.0'), true]);
  });

  test('a damaged repository is not one without commits', async () => {
    const prepare = (root: string) =>
      rm(join(root, 'repo/.git/objects'), { recursive: true }).then(() => mkdir(join(root, 'repo/.git/objects')));
    const ran = await update({ policies: policy('1.1.0'), prepare });
    expect([ran.code, ran.after, ran.stderr.includes('cannot be read from history')]).toEqual([0, image('1.0.0'), true]);
  });

  test('without git on the PATH nothing is bumped either', async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { 'policies/all.yaml': policy('1.1.0') });
    await commitStates(join(folder.path, 'repo'), reverted);
    const args = ['update', '--offline', '--policies', 'policies', '--path', 'repo'];
    const ran = await runTagalong(args, { cwd: folder.path, env: { PATH: '/nonexistent' } });
    expect([ran.code, ran.stdout, ran.stderr.includes('is it on PATH?')]).toEqual([0, '', true]);
  });

  test('JSON names it, and --ignore-holds goes on', async () => {
    const run = { policies: policy('1.1.0'), prepare: clone('--depth', '1'), path: 'clone' };
    const told = await update({ ...run, args: ['-o', 'json'] });
    const ignored = await update({ ...run, args: ['--ignore-holds'] });
    expect([JSON.parse(told.stdout), ignored.after]).toMatchObject([
      { changes: [], held: [], unreadable: [{ after: 'example.com/web:1.1.0' }] },
      image('1.1.0'),
    ]);
  });
});
