import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { git, writeFiles } from './support/checkout.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const deployment = (...images: readonly string[]) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  template:\n    spec:\n      containers:\n${images
    .map((image, index) => `        - name: c${index}\n          image: ${image}\n`)
    .join('')}`;

const scanned = (name: string, image: string) =>
  `---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: { name: ${name}, namespace: apps }\nspec: { image: ${image}, interval: 1m }\n`;

const picked = (name: string, repository: string, more = '') =>
  `---\napiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: { name: ${name}, namespace: apps }\nspec: { imageRepositoryRef: { name: ${repository} }, policy: { semver: { range: 1.x } }${more} }\n`;

async function tree(files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  await writeFiles(folder.path, files);
  const run = async (...args: readonly string[]) => {
    const ran = await runInProcess(['mark', folder.path, ...args]);
    return { ...ran, stderr: ran.stderr.replaceAll(`${folder.path}/`, '') };
  };
  return {
    ...folder,
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose],
    run,
    read: (file: string) => readFile(join(folder.path, file), 'utf8'),
  };
}

describe('images that have a policy', () => {
  test('a diff is printed that git applies; nothing is written', async () => {
    await using folder = await tree({
      'web.yaml': deployment('acme.io/web:1.0.0'),
      'p.yaml': scanned('web', 'acme.io/web') + picked('web', 'web'),
    });
    const ran = await folder.run();
    expect(ran.code).toBe(0);
    expect(await folder.read('web.yaml')).toBe(deployment('acme.io/web:1.0.0'));
    git(folder.path, 'init', '--quiet');
    await writeFiles(folder.path, { diff: ran.stdout });
    git(folder.path, 'apply', 'diff');
    expect(await folder.read('web.yaml')).toBe(deployment('acme.io/web:1.0.0 # {"$imagepolicy": "apps:web"}'));
  });

  test('all spellings of a name belong together', async () => {
    await using folder = await tree({
      'web.yaml': deployment('nginx:1.0.0', 'docker.io/nginx:1.0.0', 'index.docker.io/library/nginx:1.0.0'),
      'p.yaml': scanned('nginx', 'docker.io/library/nginx') + picked('nginx', 'nginx'),
    });
    await folder.run('--write');
    expect((await folder.read('web.yaml')).match(/"apps:nginx"/g)).toHaveLength(3);
  });

  test('two policies of an image are a question, which --policy answers by folder', async () => {
    await using folder = await tree({
      'staging/web.yaml': deployment('acme.io/web:1.1.0'),
      'production/web.yaml': deployment('acme.io/web:1.0.0'),
      'p.yaml': scanned('web', 'acme.io/web') + picked('stable', 'web') + picked('fresh', 'web'),
    });
    const asked = await folder.run('--write');
    expect(asked).toMatchObject({ code: 1, stdout: '' });
    expect(asked.stderr).toContain(
      'staging/web.yaml:9:18: acme.io/web:1.1.0: 2 policies are of acme.io/web: apps:stable, apps:fresh; say which by --policy',
    );
    const answered = await folder.run('--write', '--policy', 'staging=apps:fresh', '--policy', 'production=apps:stable');
    expect(answered.code).toBe(0);
    expect(await folder.read('staging/web.yaml')).toContain('"apps:fresh"');
    expect(await folder.read('production/web.yaml')).toContain('"apps:stable"');
  });

  test('a pinned digest stays where the policy reflects none', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const files = (more: string) => ({
      'web.yaml': deployment(`acme.io/web:1.0.0@${digest}`),
      'p.yaml': scanned('web', 'acme.io/web') + picked('web', 'web', more),
    });
    await using without = await tree(files(''));
    expect((await without.run()).stderr).toContain('reflects none; set its spec.digestReflectionPolicy');
    await using reflecting = await tree(files(', digestReflectionPolicy: IfNotPresent'));
    expect((await reflecting.run()).code).toBe(0);
  });

  test('twice is the same as once, and markers that are there stay', async () => {
    await using folder = await tree({
      'web.yaml': deployment('acme.io/web:1.0.0 # {"$imagepolicy": "other:one"}', 'acme.io/web:1.0.0'),
      'p.yaml': scanned('web', 'acme.io/web') + picked('web', 'web'),
    });
    await folder.run('--write');
    const once = await folder.read('web.yaml');
    expect(once).toContain('"other:one"');
    expect(once).toContain('"apps:web"');
    expect(await folder.run('--write')).toMatchObject({ code: 0, stdout: '' });
    expect(await folder.read('web.yaml')).toBe(once);
  });
});

describe('images without a policy', () => {
  test('the missing resources are written, and their policy takes what is in use', async () => {
    await using folder = await tree({ 'web.yaml': deployment('acme.io/web:1.2.3', 'acme.io/team/web:main-3f2a1b9-1700000000') });
    const ran = await folder.run('--create-policies', '--write', '-n', 'apps');
    expect(ran.code).toBe(0);
    expect((await readdir(join(folder.path, 'policies'))).sort()).toEqual(['team-web.yaml', 'web.yaml']);
    expect(await folder.read('policies/web.yaml')).toContain('range: ^1.2.3');
    expect(await folder.read('web.yaml')).toContain('acme.io/web:1.2.3 # {"$imagepolicy": "apps:web"}');
    const update = await runInProcess([
      'update',
      '--offline',
      '--policies',
      join(folder.path, 'policies'),
      '--path',
      folder.path,
    ]);
    expect(update.code).toBe(0);
  });

  test.for([
    { because: 'latest', image: 'acme.io/web:latest', says: 'names no version' },
    { because: 'a commit', image: 'acme.io/web:sha-3f2a1b9', says: 'hashes have no order' },
    { because: 'no tag', image: 'acme.io/web', says: 'means latest' },
    { because: 'a digest alone', image: `acme.io/web@sha256:${'b'.repeat(64)}`, says: 'digest alone' },
  ])('$because gets none, with the reason', async ({ image, says }) => {
    await using folder = await tree({ 'web.yaml': deployment(image) });
    const ran = await folder.run('--create-policies');
    expect(ran).toMatchObject({ code: 0, stdout: '' });
    expect(ran.stderr).toContain(says);
  });

  test('an image at several tags is not brought to one unasked', async () => {
    await using folder = await tree({
      'a/web.yaml': deployment('acme.io/web:1.0.0'),
      'b/web.yaml': deployment('acme.io/web:2.0.0'),
    });
    expect((await folder.run('--create-policies')).stderr).toContain('acme.io/web stands at several tags (1.0.0, 2.0.0)');
    const named = await folder.run('--create-policies', '--policy', 'a=web-a', '--policy', 'b=web-b', '--write');
    expect(named.code).toBe(0);
    expect(await folder.read('policies/web-b.yaml')).toContain('range: ^2.0.0');
    expect(await folder.read('policies/web-b.yaml')).not.toContain('ImageRepository\n');
  });

  test('a folder outside of the tree is refused', async () => {
    await using folder = await tree({});
    expect(await folder.run('--create-policies', '../x')).toMatchObject({ code: 2 });
  });
});

test('JSON says what is marked, created and left', async () => {
  await using folder = await tree({ 'web.yaml': deployment('acme.io/web:1.2.3', 'acme.io/api:latest') });
  const { stdout } = await folder.run('--create-policies', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    written: false,
    marked: [{ line: 9, value: 'acme.io/web:1.2.3', policy: 'flux-system/web', marker: '# {"$imagepolicy": "flux-system:web"}' }],
    created: [{ policies: [{ image: 'acme.io/web', spec: { semver: { range: '^1.2.3' } } }] }],
    left: [{ value: 'acme.io/api:latest', isOpen: false }],
  });
});

test('a pull request needs a token, a remote and a forge that is known', async () => {
  await using folder = await tree({ 'web.yaml': deployment('acme.io/web:1.2.3') });
  const ask = () => folder.run('--create-policies', '--pull-request');
  expect((await ask()).stderr).toContain('is in no git work tree');
  git(folder.path, 'init', '--quiet', '--initial-branch=main');
  expect((await ask()).stderr).toContain('has no remote origin');
  git(folder.path, 'remote', 'add', 'origin', 'git@git.example.com:acme/fleet.git');
  expect((await ask()).stderr).toContain("'git.example.com' is none of the forges known by name");
  git(folder.path, 'remote', 'set-url', 'origin', 'git@github.com:acme/fleet.git');
  expect(await ask()).toMatchObject({ code: 2, stderr: expect.stringContaining('needs a token of the forge') });
});
