import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitStates, git, writeFiles } from './support/checkout.ts';
import { planned, rolledOut, startPlanScene } from './support/plan-scene.ts';
import { runInProcess, temporaryFolder } from './support/run-tagalong.ts';

const policies = `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: web, namespace: apps }
spec: { imageRepositoryRef: { name: web }, policy: { semver: { range: 1.x } } }
status: { latestRef: { name: a.io/web, tag: 1.1.0 } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop, namespace: apps }
spec: { interval: 1h, prune: true, path: ./apps, sourceRef: { kind: GitRepository, name: fleet }, postBuild: { substituteFrom: [{ kind: ConfigMap, name: vars }] } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: other, namespace: apps }
spec: { interval: 1h, prune: true, path: ./other, sourceRef: { kind: GitRepository, name: fleet } }
`;

const pod = (tag: string) => `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop }
spec:
  containers:
    - name: web
      image: a.io/web:${tag} # {"$imagepolicy": "apps:web"}
`;

const other = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: other, namespace: shop }\n';

async function startFolder() {
  const folder = await temporaryFolder();
  const root = join(folder.path, 'repo');
  await commitStates(root, [['start', { 'apps/web.yaml': pod('1.0.0'), 'other/map.yaml': other }]]);
  await writeFiles(folder.path, { 'policies/all.yaml': policies });
  return {
    root,
    plan: (...more: readonly string[]) =>
      runInProcess(['plan', '--offline', '--policies', join(folder.path, 'policies'), '--path', root, ...more]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('of a folder it prints the patch, and then the objects that would change when it is built', async () => {
  await using home = await startFolder();
  const ran = await home.plan();
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('+      image: a.io/web:1.1.0 # {"$imagepolicy": "apps:web"}');
  expect(ran.stdout).toContain(
    '► Kustomization apps/shop would roll out\n    Pod/shop/web changed: spec.containers[web].image\n',
  );
  expect(ran.stdout).not.toContain('apps/other');
  expect(git(home.root, 'status', '--porcelain')).toBe('');
});

test('what it prints is a patch that git applies all the same', async () => {
  await using home = await startFolder();
  const { stdout } = await home.plan();
  execFileSync('git', ['apply', '-'], { cwd: home.root, input: stdout });
  expect(git(home.root, 'diff', '--name-only')).toBe('apps/web.yaml');
});

test('what cannot be built is said, and the rest is told', async () => {
  await using home = await startFolder();
  await writeFiles(home.root, { 'other/map.yaml': 'a: [1\n' });
  const ran = await home.plan('-o', 'json');
  const { rollouts } = JSON.parse(ran.stdout) as { rollouts: { kustomization: string; problem: string | null }[] };
  expect(rollouts).toMatchObject([
    { kustomization: 'apps/shop', problem: null, changes: [{ what: 'changed', object: 'Pod/shop/web' }] },
    { kustomization: 'apps/other', problem: expect.stringContaining('other/map.yaml') },
  ]);
});

test('of a cluster it prints what the next run would commit and roll out; nothing is written', async () => {
  await using scene = await startPlanScene({});
  const { ran, head } = await scene.plan();
  expect(ran.stdout).toContain(planned);
  expect(ran.stdout).toContain(`:1.2.0 # {"$imagepolicy": "default:web"}`);
  expect(ran.stdout).toMatch(rolledOut);
  expect(ran.code).toBe(0);
  expect(await scene.loop.main.head()).toBe(head);
  const writes = scene.loop.controlPlane.requests.filter(({ method, path }) => method !== 'GET' && !path.includes('dryRun=All'));
  expect(writes).toEqual([]);
});
