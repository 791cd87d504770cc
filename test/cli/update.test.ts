import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startSandboxRegistry } from '../../src/sandbox/index.ts';
import { type Ran, runInProcess, runTagalong, temporaryFolder } from './support/run-tagalong.ts';

interface PolicyOptions {
  readonly namespace?: string;
  readonly image?: string;
  readonly latest?: string;
  readonly more?: string;
  readonly spec?: string;
}

function policy(
  name: string,
  { namespace = 'apps', image = `example.com/${name}`, latest, more = '', spec = '' }: PolicyOptions = {},
): string {
  const status = latest === undefined ? '' : `status:\n  latestRef:\n    name: ${image}\n    tag: ${latest}\n`;
  return `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: ${name}, namespace: ${namespace} }
spec: { image: "${image}", interval: 1m${more} }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }
spec: { imageRepositoryRef: { name: ${name} }, policy: { semver: { range: 1.x } }${spec} }
${status}`;
}

const automation = (spec: string, namespace = 'apps') => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageUpdateAutomation
metadata: { name: bot, namespace: ${namespace} }
spec: { interval: 1m, sourceRef: { kind: GitRepository, name: sample }, ${spec} }
`;

const image = (tag: string, marker = 'apps:web', name = 'example.com/web') =>
  `image: ${name}:${tag} # {"$imagepolicy": "${marker}"}\n`;

type Files = Readonly<Record<string, string>>;

interface Case {
  readonly policies: string;
  readonly files: Files;
  readonly args?: readonly string[];
  /** Further things to set up in the folder of the case: `policies/` and `repo/` stand there. */
  prepare?(root: string): Promise<void>;
}

/** Runs `update` on a folder, and tells what it printed and what the files are afterwards. */
async function update({
  policies,
  files,
  args = ['--offline'],
  prepare,
}: Case): Promise<Ran & { readonly after: Files; readonly names: string[] }> {
  await using folder = await temporaryFolder();
  const repo = join(folder.path, 'repo');
  await mkdir(join(folder.path, 'policies'));
  await mkdir(repo);
  await writeFile(join(folder.path, 'policies/all.yaml'), policies);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(repo, name)), { recursive: true });
    await writeFile(join(repo, name), text);
  }
  await prepare?.(folder.path);
  const ran = await runInProcess(['update', '--policies', join(folder.path, 'policies'), '--path', repo, ...args]);
  const short = (text: string) => text.replaceAll(`${folder.path}/`, '');
  const after = await Promise.all(
    Object.keys(files).map(async (name) => [name, await readFile(join(repo, name), 'utf8')] as const),
  );
  return {
    code: ran.code,
    stdout: short(ran.stdout),
    stderr: short(ran.stderr),
    after: Object.fromEntries(after),
    names: (await readdir(repo, { recursive: true })).sort(),
  };
}

test('a marker gets what was picked; one line says which', async () => {
  const files = { 'apps/web.yaml': `# first\n${image('1.0.0')}` };
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files });
  expect(ran).toEqual({
    code: 0,
    stdout: 'repo/apps/web.yaml:2  example.com/web:1.0.0 -> example.com/web:1.1.0  (apps/web)\n',
    stderr: '',
    after: { 'apps/web.yaml': `# first\n${image('1.1.0')}` },
    names: ['apps', 'apps/web.yaml'],
  });
});

test('a second run has nothing to do, and that is fine', async () => {
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files: { 'web.yaml': image('1.1.0') } });
  expect([ran.code, ran.stdout, ran.stderr]).toEqual([0, '', 'nothing to change\n']);
});

test('every byte but the value stays: byte order mark, carriage returns, quotes, no line break at the end', async () => {
  const text = (tag: string) =>
    `\uFEFFa: "example.com/web:${tag}" # {"$imagepolicy": "apps:web"}\r\n\r\nb:   1 # x\r\ntag: ${tag} # {"$imagepolicy": "apps:web:tag"}`;
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files: { 'web.yaml': text('1.0.0') } });
  expect(ran.after['web.yaml']).toBe(text('1.1.0'));
});

test('the mode of a file stays', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'policies.yaml'), policy('web', { latest: '1.1.0' }));
  await writeFile(join(folder.path, 'web.yaml'), image('1.0.0'));
  await chmod(join(folder.path, 'web.yaml'), 0o750);
  await runTagalong(['update', '--policies', '.', '--path', '.', '--offline'], { cwd: folder.path });
  const [{ mode }, text] = [await stat(join(folder.path, 'web.yaml')), await readFile(join(folder.path, 'web.yaml'), 'utf8')];
  expect({ mode: mode & 0o777, text }).toEqual({ mode: 0o750, text: image('1.1.0') });
});

test('a file that does not parse is reported by line and column; the good one beside it is updated', async () => {
  const bad = `a: [1\nb: example.com/web:1.0.0 # {"$imagepolicy": "apps:web"}\n`;
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }),
    files: { 'bad.yaml': bad, 'good.yaml': image('1.0.0') },
  });
  expect({ code: ran.code, after: ran.after, says: /^✗ repo\/bad\.yaml:2:1: not valid YAML/m.test(ran.stderr) }).toEqual({
    code: 1,
    after: { 'bad.yaml': bad, 'good.yaml': image('1.1.0') },
    says: true,
  });
});

test('a file without markers that does not parse is a warning; templates of other tools are none', async () => {
  const files = { 'bad.yaml': 'a: [1\n', 'chart.yaml': 'a: {{ .Values.a }}\n' };
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files });
  expect([ran.code, ran.stderr.includes('bad.yaml:'), ran.stderr.includes('chart.yaml')]).toEqual([0, true, false]);
});

test('a marker of an unknown policy is reported by line and column', async () => {
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }),
    files: { 'web.yaml': `a: 1\n${image('1.0.0', 'apps:gone')}` },
  });
  expect([ran.code, ran.stderr]).toEqual([
    1,
    '✗ repo/web.yaml:2:8: marker names ImagePolicy apps/gone, which does not exist\nnothing to change\n',
  ]);
});

test('a policy file with a mistake is reported; the other policies count', async () => {
  const broken = policy('api', { latest: '1.1.0' }).replace('semver', 'semvers');
  const ran = await update({ policies: broken + policy('web', { latest: '1.1.0' }), files: { 'web.yaml': image('1.0.0') } });
  expect({
    code: ran.code,
    after: ran.after['web.yaml'],
    says: /policies\/all\.yaml:\d+:\d+: .*semvers/.test(ran.stderr),
  }).toEqual({
    code: 1,
    after: image('1.1.0'),
    says: true,
  });
});

test("kustomize's own file among the policies is no mistake", async () => {
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }),
    files: { 'web.yaml': image('1.0.0') },
    prepare: (root) => writeFile(join(root, 'policies/kustomization.yaml'), 'resources: [all.yaml]\n'),
  });
  expect([ran.code, ran.stderr]).toEqual([0, '']);
});

test('a dry run prints a patch that git applies, and writes nothing', async () => {
  const lines = Array.from({ length: 30 }, (_, index) => `k${index}: ${index}`).join('\n');
  const text = (tag: string) => `${image(tag)}${lines}\nlast: example.com/web:${tag} # {"$imagepolicy": "apps:web"}`;
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'web.yaml'), text('1.0.0'));
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }),
    files: { 'web.yaml': text('1.0.0') },
    args: ['--offline', '--dry-run'],
  });
  execFileSync('git', ['apply', '--unsafe-paths', '-'], { cwd: folder.path, input: ran.stdout });
  expect({
    code: ran.code,
    untouched: ran.after['web.yaml'] === text('1.0.0'),
    patched: await readFile(join(folder.path, 'web.yaml'), 'utf8'),
  }).toEqual({
    code: 0,
    untouched: true,
    patched: text('1.1.0'),
  });
});

test('JSON has changes, refusals, problems and warnings', async () => {
  const files = { 'new.yaml': image('1.9.0'), 'old.yaml': image('1.0.0') };
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files, args: ['--offline', '-o', 'json'] });
  const place = { line: 1, column: 8, policy: 'apps/web', part: 'image', path: 'image', after: 'example.com/web:1.1.0' };
  expect(JSON.parse(ran.stdout)).toMatchObject({
    written: true,
    changes: [{ ...place, file: 'repo/old.yaml', before: 'example.com/web:1.0.0' }],
    refused: [
      {
        ...place,
        file: 'repo/new.yaml',
        before: 'example.com/web:1.9.0',
        because: expect.stringContaining('1.1.0 is older than 1.9.0'),
      },
    ],
    problems: [],
    warnings: [],
  });
});

test.for([
  { because: 'a newer version in git is not taken back unasked', spec: '', metadata: '', tag: '1.9.0', after: '1.9.0' },
  { because: 'it is where the policy does not accept it any more', spec: '', metadata: '', tag: '2.0.0', after: '1.1.0' },
  {
    because: 'it is where the policy allows it',
    metadata: ', annotations: { tagalong.dev/allow-downgrade: "true" }',
    tag: '1.9.0',
    after: '1.1.0',
  },
])('$because', async ({ metadata, tag, after }) => {
  const policies = policy('web', { latest: '1.1.0' }).replace(', labels:', `${metadata}, labels:`);
  const ran = await update({ policies, files: { 'web.yaml': image(tag) } });
  expect([ran.code, ran.after['web.yaml']]).toEqual([0, image(after)]);
});

test('an automation says which folder and which policies', async () => {
  const files = {
    'in/web.yaml': image('1.0.0'),
    'in/api.yaml': image('1.0.0', 'apps:api', 'example.com/api'),
    'out/web.yaml': image('1.0.0'),
  };
  const policies =
    policy('web', { latest: '1.1.0' }) +
    policy('api', { latest: '1.1.0' }) +
    automation('update: { strategy: Setters, path: ./in }, policySelector: { matchLabels: { app: web } }');
  expect(await update({ policies, files })).toMatchObject({
    code: 0,
    after: {
      'in/web.yaml': image('1.1.0'),
      'in/api.yaml': image('1.0.0', 'apps:api', 'example.com/api'),
      'out/web.yaml': image('1.0.0'),
    },
  });
});

test.for([
  {
    because: 'an automation writes only policies of its namespace',
    spec: 'update: { strategy: Setters }',
    namespace: 'other',
    says: 'an automation of namespace "other"',
  },
  {
    because: 'a path that leaves the folder is refused',
    spec: 'update: { strategy: Setters, path: ../policies }',
    namespace: 'apps',
    says: "'../policies' leaves repo",
  },
])('$because', async ({ spec, namespace, says }) => {
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }) + automation(spec, namespace),
    files: { 'web.yaml': image('1.0.0') },
  });
  expect([ran.code, ran.stderr.includes(says), ran.after['web.yaml']]).toEqual([1, true, image('1.0.0')]);
});

test('an automation that finds no marker below its path is named: the folder is not the root of the repository', async () => {
  const policies = policy('web', { latest: '1.1.0' }) + automation('update: { strategy: Setters, path: ./in }');
  const ran = await update({ policies, files: { 'web.yaml': image('1.0.0') } });
  expect([ran.code, ran.after['web.yaml']]).toEqual([0, image('1.0.0')]);
  expect(ran.stderr).toContain('apps/bot writes below in/ (spec.update.path), and repo has no marker there');
});

test('what is suspended is left alone, and named', async () => {
  const policies = policy('web', { latest: '1.1.0', spec: ', suspend: true' }) + automation('suspend: true', 'other');
  const ran = await update({ policies, files: { 'web.yaml': image('1.0.0') } });
  expect([ran.code, ran.after['web.yaml'], ran.stderr.includes('other/bot is suspended')]).toEqual([0, image('1.0.0'), true]);
});

test('offline, a policy that has no answer yet is named, and its markers stay', async () => {
  const ran = await update({ policies: policy('web'), files: { 'web.yaml': image('1.0.0') } });
  expect([ran.code, ran.stderr.includes('ImagePolicy apps/web has no status.latestRef'), ran.after['web.yaml']]).toEqual([
    0,
    true,
    image('1.0.0'),
  ]);
});

test('symbolic links are not followed: one that leaves the folder is refused, one inside is found at its own path', async () => {
  const ran = await update({
    policies: policy('web', { latest: '1.1.0' }),
    files: { 'web.yaml': image('1.0.0') },
    prepare: async (root) => {
      await writeFile(join(root, 'outside.yaml'), image('1.0.0'));
      await mkdir(join(root, 'elsewhere'));
      await symlink('../outside.yaml', join(root, 'repo/link.yaml'));
      await symlink('../elsewhere', join(root, 'repo/folder'));
      await symlink('web.yaml', join(root, 'repo/inside.yaml'));
      await symlink('/etc/hostname', join(root, 'repo/hostname'));
    },
  });
  const refused = ran.stderr.match(/^✗ .*$/gm);
  expect([ran.code, refused, ran.stdout.split('\n').length]).toEqual([
    1,
    ['folder', 'link.yaml'].map((name) => `✗ repo/${name}: a symbolic link that leaves the folder is not followed`),
    2,
  ]);
});

test('the folder of git is not looked into', async () => {
  const ran = await update({ policies: policy('web', { latest: '1.1.0' }), files: { '.git/web.yaml': image('1.0.0') } });
  expect([ran.code, ran.after['.git/web.yaml']]).toEqual([0, image('1.0.0')]);
});

test.for([
  { because: 'a folder of policies that is not there', args: ['--policies', 'gone', '--path', '.'] },
  { because: 'a folder to update that is not there', args: ['--policies', '.', '--path', 'gone'] },
  { because: 'a folder to update that is a file', args: ['--policies', '.', '--path', 'file.yaml'] },
])('$because ends with 2', async ({ args }) => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'file.yaml'), 'a: 1\n');
  const { code, stdout } = await runTagalong(['update', '--offline', ...args], { cwd: folder.path });
  expect([code, stdout]).toEqual([2, '']);
});

const login = (host: string, password: string) => `---
apiVersion: v1
kind: Secret
metadata: { name: login, namespace: apps }
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: '${JSON.stringify({ auths: { [host]: { username: 'bot', password } } })}'
`;

test('online, the registries are asked with the secrets of the folder', async () => {
  await using registry = await startSandboxRegistry({ auth: { kind: 'basic', username: 'bot', password: 'right' } });
  for (const tag of ['1.0.0', '1.2.0', '2.0.0', '1.3.0.sig']) await registry.pushTag('web', tag);
  const name = `${registry.host}/web`;
  const policies =
    policy('web', { image: name, more: ', insecure: true, secretRef: { name: login }' }) + login(registry.host, 'right');
  const ran = await update({ policies, files: { 'web.yaml': image('1.0.0', 'apps:web', name) }, args: [] });
  expect([ran.code, ran.stderr, ran.after['web.yaml']]).toEqual([0, '', image('1.2.0', 'apps:web', name)]);
});

test.for([
  { because: 'a registry that refuses the password', more: ', insecure: true, secretRef: { name: login }', says: '401' },
  {
    because: 'a secret that is not in the folder',
    more: ', insecure: true, secretRef: { name: gone }',
    says: "failed to get secret 'apps/gone'",
  },
])('$because is a problem of that policy alone, and no secret is shown', async ({ more, says }) => {
  await using registry = await startSandboxRegistry({ auth: { kind: 'basic', username: 'bot', password: 'right' } });
  await using open = await startSandboxRegistry();
  await open.pushTag('api', '1.1.0');
  const [web, api] = [`${registry.host}/web`, `${open.host}/api`];
  const policies =
    policy('web', { image: web, more }) + policy('api', { image: api, more: ', insecure: true' }) + login(registry.host, 'wr0ng');
  const files = { 'web.yaml': image('1.0.0', 'apps:web', web), 'api.yaml': image('1.0.0', 'apps:api', api) };
  const ran = await update({ policies, files, args: [] });
  expect({
    code: ran.code,
    after: ran.after,
    says: ran.stderr.includes(says) ? says : ran.stderr,
    leaks: ran.stderr.includes('wr0ng'),
  }).toEqual({
    code: 1,
    after: { 'web.yaml': files['web.yaml'], 'api.yaml': image('1.1.0', 'apps:api', api) },
    says,
    leaks: false,
  });
});

test.for([
  { because: 'the registry refuses', tags: ['1.1.0'], auth: true },
  { because: 'no tag passes the policy', tags: ['2.0.0'], auth: false },
])('where $because, the last answer in the file is used, with a warning', async ({ tags, auth }) => {
  await using registry = await startSandboxRegistry(auth ? { auth: { kind: 'basic', username: 'bot', password: 'right' } } : {});
  for (const tag of tags) await registry.pushTag('web', tag);
  const name = `${registry.host}/web`;
  const policies = policy('web', { image: name, latest: '1.0.5', more: ', insecure: true' });
  const ran = await update({ policies, files: { 'web.yaml': image('1.0.0', 'apps:web', name) }, args: [] });
  expect([ran.code, ran.stderr.includes(`status.latestRef ${name}:1.0.5, is used`), ran.after['web.yaml']]).toEqual([
    0,
    true,
    image('1.0.5', 'apps:web', name),
  ]);
});

test('objects that name no namespace are in that of -n, as with kubectl apply', async () => {
  const policies = policy('web', { latest: '1.1.0' }).replaceAll(/, namespace: apps/g, '');
  const run = { policies, files: { 'web.yaml': image('1.0.0') } };
  const [placed, elsewhere] = [await update({ ...run, args: ['--offline', '-n', 'apps'] }), await update(run)];
  expect([placed.code, placed.after['web.yaml'], elsewhere.code]).toEqual([0, image('1.1.0'), 1]);
});
