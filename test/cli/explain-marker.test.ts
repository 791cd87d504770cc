import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitStates, writeFiles } from './support/checkout.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const policy = (tag: string, more = '') => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: web, namespace: apps }
spec: { imageRepositoryRef: { name: web }, policy: { semver: { range: 1.x } }${more} }
status: { latestRef: { name: a.io/web, tag: ${tag} } }
`;
const image = (tag: string, name = 'web') => `image: a.io/web:${tag} # {"$imagepolicy": "apps:${name}"}\n`;

async function repository(resource: string, ...texts: readonly string[]) {
  const folder = await temporaryFolder();
  const root = join(folder.path, 'repo');
  await writeFiles(folder.path, { 'policies/p.yaml': resource });
  await commitStates(
    root,
    texts.map((text, index) => [`state ${index}`, { 'w.yaml': text }] as const),
  );
  const where = ['--policies', join(folder.path, 'policies'), '--path', root];
  return {
    explain: (place = 'w.yaml', ...more: readonly string[]) =>
      runInProcess(['explain', 'marker', join(root, place), ...where, ...more]),
    plan: () => runInProcess(['plan', '--offline', ...where]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test.for([
  { because: 'what comes next', resource: policy('1.1.0'), texts: [image('1.0.0')], says: 'the next run writes a.io/web:1.1.0' },
  {
    because: 'a hold',
    resource: policy('1.1.0'),
    texts: [image('1.0.0'), image('1.1.0'), image('1.0.0')],
    says: 'held: Ann changed it',
  },
  { because: 'a downgrade', resource: policy('1.0.0'), texts: [image('1.1.0')], says: 'is older than' },
  {
    because: 'a suspended policy',
    resource: policy('1.1.0', ', suspend: true'),
    texts: [image('1.0.0')],
    says: 'the policy is suspended',
  },
  { because: 'a missing policy', resource: policy('1.1.0'), texts: [image('1.0.0', 'gone')], says: 'apps/gone' },
  { because: 'nothing to do', resource: policy('1.0.0'), texts: [image('1.0.0')], says: 'nothing to do' },
])('$because is said', async ({ resource, texts, says }) => {
  await using home = await repository(resource, ...texts);
  const ran = await home.explain('w.yaml:1');
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(says) });
});

test('a line without a marker is not found', async () => {
  await using home = await repository(policy('1.0.0'), image('1.0.0'));
  expect((await home.explain('w.yaml:7')).code).toBe(1);
});

test('plan prints a diff of what the next run would write, and writes nothing', async () => {
  await using home = await repository(policy('1.1.0'), image('1.0.0'));
  const ran = await home.plan();
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('+image: a.io/web:1.1.0');
  expect((await home.plan()).stdout).toBe(ran.stdout);
});

test('plan wants both folders or none', async () => {
  expect(await runInProcess(['plan', '--path', '.'])).toMatchObject({ code: 2 });
});
