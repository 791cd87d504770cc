import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { UpdateGuard } from '../../src/api/index.ts';
import { deployment, updateGuard } from '../journeys/support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from '../journeys/support/rollout-loop.ts';
import { type Ran, runInProcess } from './support/run-tagalong.ts';

const web = 'apps/web.yaml';

/** The program against the API of a running loop. */
async function run(loop: RolloutLoop, ...args: readonly string[]): Promise<Ran> {
  const kubeconfig = join(loop.folder, 'kubeconfig-of-the-person');
  await writeFile(kubeconfig, loop.controlPlane.kubeconfigYaml);
  return runInProcess([...args, '-n', 'default', '--kubeconfig', kubeconfig], { USER: 'ann' });
}

/** A loop in which web went from 1.0.0 over 1.1.0 to 1.2.0. */
async function bumpedTwice(options: Parameters<typeof startRolloutLoop>[0] = {}): Promise<RolloutLoop> {
  const loop = await startRolloutLoop(options);
  await loop.settles();
  for (const tag of ['1.1.0', '1.2.0']) {
    await loop.pushTag('web', tag);
    await loop.phase('web', tag, 'Healthy');
  }
  await loop.settles();
  return loop;
}

test('rollback goes to the version before, prints commit and files, and is a hold', async () => {
  await using loop = await bumpedTwice();
  const ran = await run(loop, 'rollback', 'web', '--reason', 'errors at checkout');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: `${await loop.main.head()}\n  ${web}\n` });
  expect(await loop.main.file(web)).toContain(':1.1.0');
  const [commit] = await loop.main.commits();
  expect(commit?.message).toContain('errors at checkout');
  const rollout = await loop.phase('web', '1.2.0', 'RolledBack');
  expect(rollout.status?.undo).toMatchObject({ reason: 'ByOthers', commit: await loop.main.head() });
  await loop.settles();
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.status).toBe('True');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('rolling back twice goes back twice, and then no further', async () => {
  await using loop = await bumpedTwice();
  await run(loop, 'rollback', 'web');
  await loop.serves('web', '1.1.0');
  await run(loop, 'rollback', 'web');
  await loop.serves('web', '1.0.0');
  const third = await run(loop, 'rollback', 'web');
  expect({ code: third.code, stderr: third.stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('never carried another version before'),
  });
});

test('rollback --to goes to a tag, --path only there', async () => {
  const files = (host: string) => ({
    'apps/web.yaml': deployment('web', `${host}/web:1.0.0`),
    'apps/edge/web.yaml': deployment('edge', `${host}/web:1.0.0`, { policy: 'web' }),
  });
  await using loop = await bumpedTwice({ files });
  const ran = await run(loop, 'rollback', 'web', '--to', '1.0.0', '--path', 'apps/edge');
  expect(ran.code).toBe(0);
  expect(await loop.main.file('apps/edge/web.yaml')).toContain(':1.0.0');
  expect(await loop.main.file(web)).toContain(':1.2.0');
  const forward = await run(loop, 'rollback', 'web', '--to', '9.9.9');
  expect(forward).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/9\.9\.9 is newer than what .* has: a rollback goes back/) as string,
  });
  await loop.settles();
  const released = await run(loop, 'release', 'web', '--except', 'apps/edge');
  expect(released.stderr).toContain('nothing of ImagePolicy web is held');
});

test('history tells of each bump when, what, who, which commit, how long and how it ended', async () => {
  await using loop = await bumpedTwice();
  const { stdout } = await run(loop, 'history', 'web');
  const [head = '', newest = '', before = ''] = stdout.split('\n');
  expect(head.trim().split(/\s*\t\s*/)).toEqual(['WHEN', 'POLICY', 'FROM', 'TO', 'WHO', 'COMMIT', 'PUSH TO HEALTHY', 'END']);
  expect(newest).toMatch(/web\s+1\.1\.0\s+1\.2\.0\s+fleet\s+[0-9a-f]{7}\s+\S+s\s+Healthy/);
  expect(before).toContain('Superseded');
  expect((await run(loop, 'history', 'nothing')).code).toBe(1);
});

test('get rollouts shows phases', async () => {
  await using loop = await bumpedTwice();
  const { stdout } = await run(loop, 'get', 'rollouts');
  expect(stdout).toMatch(/POLICY\s+FROM\s+TAG\s+COMMIT\s+PHASE/);
  expect(stdout).toMatch(/web\s+1\.1\.0\s+1\.2\.0\s+[0-9a-f]{7}\s+Healthy/);
});

test('hold writes an entry into the file of the guard in git, unhold takes it out', async () => {
  const guardFile = 'apps/guard.yaml';
  const text =
    'apiVersion: tagalong.dev/v1alpha1\nkind: UpdateGuard\nmetadata:\n  name: release\n  namespace: default\nspec:\n  onUnhealthy: Notify # for now\n';
  const files = (host: string) => ({ [web]: deployment('web', `${host}/web:1.0.0`), [guardFile]: text });
  await using loop = await startRolloutLoop({ guard: null, files });
  await loop.settles();
  const ran = await run(loop, 'hold', 'web', '--tag', '1.1.0', '--reason', 'loses carts');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: `${await loop.main.head()}\n  ${guardFile}\n` });
  const held = (await loop.main.file(guardFile)) ?? '';
  expect(held.startsWith(text)).toBe(true);
  expect(held).toContain('reason: loses carts');
  await loop.until(
    'the entry to be applied',
    async () => ((await loop.get('UpdateGuard', 'release')) as unknown as UpdateGuard).spec.holds?.length === 1,
  );
  await loop.pushTag('web', '1.1.0');
  await loop.rests();
  expect(await loop.main.file(web)).toContain(':1.0.0');
  expect((await run(loop, 'unhold', 'web', '--tag', '9.9.9')).stderr).toContain('and has an entry with tag 9.9.9');
  expect((await run(loop, 'unhold', 'web')).code).toBe(0);
  expect(await loop.main.file(guardFile)).toBe(text);
  await loop.lands(web, ':1.1.0');
});

test('a guard that is not in git is changed in the cluster, and the command says so', async () => {
  await using loop = await startRolloutLoop();
  await loop.settles();
  const ran = await run(loop, 'hold', 'web', '--tag', '1.1.0');
  expect(ran.stderr).toContain('not applied from git');
  const guard = (await loop.get('UpdateGuard', 'guard')) as unknown as UpdateGuard;
  expect(guard.spec.holds).toMatchObject([{ policy: 'web', tags: ['1.1.0'] }]);
});

test('where several guards select the policy, one has to be named', async () => {
  await using loop = await startRolloutLoop({ extra: [updateGuard({}, 'other')] });
  const ran = await run(loop, 'hold', 'web', '--tag', '1.1.0');
  expect({ code: ran.code, stderr: ran.stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--guard') });
});

test('land lets a bump past a freeze, and the commit tells who and why', async () => {
  const freezes = [{ from: '2020-01-01T00:00:00Z', to: '2090-01-01T00:00:00Z', reason: 'holidays' }];
  await using loop = await startRolloutLoop({ guard: { freezes } });
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  await loop.rests();
  expect(await loop.main.file(web)).toContain(':1.0.0');
  const ran = await run(loop, 'land', 'web', '--reason', 'fixes CVE-2026-1234');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 0, stdout: `${await loop.main.head()}\n` });
  const [commit] = await loop.main.commits();
  expect(commit?.message).toContain('Tagalong-Landed: fixes CVE-2026-1234');
  const rollout = await loop.phase('web', '1.1.0', 'Healthy');
  expect(rollout.spec.landed?.reason).toBe('fixes CVE-2026-1234');
});
