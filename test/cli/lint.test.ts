import { expect, test } from 'vitest';
import { writeFiles } from './support/checkout.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const policy = (body: string, more = '') =>
  `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImagePolicy\nmetadata: { name: web, namespace: apps${more} }\nspec:\n${body}`;
const sound = policy('  imageRepositoryRef: { name: web }\n  policy: { semver: { range: 1.x } }\n');
const repository =
  'apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageRepository\nmetadata: { name: web, namespace: apps }\nspec: { image: a.io/web, interval: 1m }\n';
const kustomization = (name: string, after: string) =>
  `---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${name}, namespace: apps }\nspec:\n  interval: 1m\n  prune: true\n  sourceRef: { kind: GitRepository, name: g }\n  dependsOn: [{ name: ${after} }]\n`;

async function lint(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, files);
  const ran = await runInProcess(['lint', folder.path, ...args]);
  return { ...ran, stdout: ran.stdout.replaceAll(`${folder.path}/`, '') };
}

test('a sound folder passes', async () => {
  const files = { 'p.yaml': `${repository}---\n${sound}`, 'web.yaml': 'image: a.io/web:1.0.0 # {"$imagepolicy": "apps:web"}\n' };
  expect(await lint(files)).toMatchObject({ code: 0, stdout: '' });
});

test('a finding has its line and a caret', async () => {
  const { code, stdout } = await lint({ 'a.yaml': 'kind: X\nimage: x # {"$imagepolicy": "apps"}\n' });
  expect(code).toBe(1);
  expect(
    stdout,
  ).toBe(`a.yaml:2:10: error: marker names "apps"; write "<namespace>:<policy>", with :tag, :name or :digest where wanted [marker]
    image: x # {"$imagepolicy": "apps"}
             ^
`);
});

test.for([
  {
    because: 'a marker of no policy',
    files: { 'p.yaml': sound, 'w.yaml': 'image: x # {"$imagepolicy": "apps:gone"}\n' },
    says: 'w.yaml:1:8: error: marker names ImagePolicy apps/gone',
  },
  {
    because: 'a marker on another image',
    files: { 'p.yaml': `${repository}---\n${sound}`, 'w.yaml': 'image: b.io/db:1 # {"$imagepolicy": "apps:web"}\n' },
    says: 'w.yaml:1:8: warning: ImagePolicy apps/web is of a.io/web, and b.io/db stands here',
  },
  {
    because: 'a range',
    files: { 'p.yaml': policy('  imageRepositoryRef: { name: web }\n  policy: { semver: { range: x y } }\n') },
    says: 'p.yaml:6:30: error: ImagePolicy web: invalid policy',
  },
  {
    because: 'an unknown field',
    files: { 'p.yaml': `${sound}  intervall: 1m\n` },
    says: 'p.yaml:7:3: error: ImagePolicy.image.toolkit.fluxcd.io "web" is invalid: unknown field "spec.intervall"',
  },
  {
    because: 'an unknown annotation',
    files: {
      'p.yaml': policy(
        '  imageRepositoryRef: { name: web }\n  policy: { semver: { range: 1.x } }\n',
        ', annotations: { tagalong.dev/x: z }',
      ),
    },
    says: 'no such annotation of ImagePolicy is known',
  },
  {
    because: 'a cycle',
    files: { 'k.yaml': `${kustomization('a', 'b')}${kustomization('b', 'a')}` },
    says: 'Kustomization a waits for itself: apps/a → apps/b → apps/a',
  },
  {
    because: 'a missing dependency',
    files: { 'k.yaml': kustomization('a', 'b') },
    says: 'error: Kustomization a: Kustomization apps/b is not in this folder',
  },
  {
    because: 'a Secret',
    files: { 's.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData:\n  password: hunter2hunter2\n' },
    says: 's.yaml:5:3: error: Secret "s" is in plain text',
  },
  { because: 'broken YAML', files: { 'x.yaml': 'a: [\n' }, says: 'not valid YAML' },
] as { because: string; files: Record<string, string>; says: string }[])('$because is found', async ({ files, says }) => {
  expect((await lint(files)).stdout).toContain(says);
});

test('templates of other tools are no errors', async () => {
  expect(await lint({ 'chart/templates/a.yaml': 'image: {{ .Values.image }}\n' })).toMatchObject({ code: 0, stdout: '' });
});

test('--warn-only ends with 0, and JSON, SARIF and GitHub have each finding', async () => {
  const files = { 'a.yaml': 'image: x # {"$imagepolicy": "apps"}\n' };
  expect((await lint(files, '--warn-only')).code).toBe(0);
  expect(JSON.parse((await lint(files, '-o', 'json')).stdout)).toMatchObject({
    errors: 1,
    problems: [{ line: 1, column: 10, rule: 'marker' }],
  });
  expect(JSON.parse((await lint(files, '--format', 'sarif')).stdout)).toMatchObject({
    runs: [{ results: [{ level: 'error' }] }],
  });
  expect((await lint(files, '--format', 'github')).stdout).toMatch(/^::error file=a\.yaml,line=1,col=10,title=marker::/);
});
