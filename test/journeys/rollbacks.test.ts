import { expect, test } from 'vitest';
import type { Rollout } from '../../src/api/index.ts';
import { deployment } from './support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from './support/rollout-loop.ts';

const web = 'apps/web.yaml';

const find = async (loop: RolloutLoop, policy: string, tag: string): Promise<Rollout | undefined> =>
  (await loop.rollouts()).find(({ spec }) => spec.policy.name === policy && spec.image.tag === tag);

/** Waits until the rollout says why it is not taken back. */
const withheld = (loop: RolloutLoop, reason: string, policy = 'web') =>
  loop.until(`${policy} to be withheld: ${reason}`, async () => {
    const all = (await loop.rollouts()).filter(({ spec }) => spec.policy.name === policy);
    return all.find(({ status }) => status?.undo?.decision === 'Withheld' && status.undo.reason === reason);
  });

/** A loop in which web:1.1.0, once it lands, cannot be pulled. */
async function startBroken(options: Parameters<typeof startRolloutLoop>[0] = {}): Promise<RolloutLoop> {
  const loop = await startRolloutLoop({ broken: new Map([['web:1.1.0', 'missing']]), ...options });
  await loop.settles();
  return loop;
}

/** The same, with the bump in git and not yet in the cluster; `resume` lets it go there. */
async function landedUnapplied(options: Parameters<typeof startRolloutLoop>[0] = {}) {
  const loop = await startBroken(options);
  await loop.patch('Kustomization', 'apps', { spec: { suspend: true } });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.settles();
  await loop.person.pull();
  const resume = () => loop.patch('Kustomization', 'apps', { spec: { suspend: false } });
  return { ...loop, resume };
}

async function pushAll(loop: RolloutLoop, names: readonly string[], tag: string): Promise<void> {
  await Promise.all(names.map((name) => loop.registry.pushTag(name, tag)));
  await Promise.all(names.map((name) => loop.request('ImageRepository', name)));
}

const three = ['api', 'shop', 'web'];

test.for([
  { per: 'policy', because: 'three commits in one push' },
  { per: 'run', because: 'one commit' },
])('of three bumps in $because only the bad one goes back', async ({ per }) => {
  const automation = { metadata: { annotations: { 'tagalong.dev/commit-per': per } } };
  const images = Object.fromEntries(three.map((name) => [name, ['1.0.0']]));
  await using loop = await startBroken({ images, automation });
  await pushAll(loop, three, '1.1.0');
  await loop.phase('web', '1.1.0', 'RolledBack');
  await Promise.all([loop.phase('api', '1.1.0', 'Healthy'), loop.phase('shop', '1.1.0', 'Healthy')]);
  await loop.serves('web', '1.0.0');
  expect(await loop.main.file('apps/api.yaml')).toContain(':1.1.0');
  expect(await loop.main.file('apps/shop.yaml')).toContain(':1.1.0');
});

test('the inverse commit says why, is a hold, and is followed until the version before is healthy again', async () => {
  await using loop = await startBroken();
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web', '1.1.0', 'RolledBack');
  const [commit] = await loop.main.commits();
  for (const part of ['Roll back web from 1.1.0 to 1.0.0', 'not found', `Tagalong-Rollback: ${rollout.spec.commit}`])
    expect(commit?.message).toContain(part);
  expect(commit?.files).toEqual([web]);
  await loop.until('recovery', async () => (await find(loop, 'web', '1.1.0'))?.status?.undo?.reason === 'Recovered');
  await loop.settles();
  expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.status).toBe('True');
});

test('what others committed after the bump stays', async () => {
  await using loop = await landedUnapplied();
  await loop.person.edit(web, (text) => `# ours\n${text}`);
  await loop.person.commitAndPush('A comment');
  await loop.request('GitRepository', 'fleet');
  await loop.resume();
  await loop.phase('web', '1.1.0', 'RolledBack');
  const text = await loop.main.file(web);
  expect(text).toContain('# ours\n');
  expect(text).toContain(':1.0.0');
});

test('a later edit of one of its lines: nothing is taken back, and the choice is left to people', async () => {
  const files = (host: string) => ({
    [web]: deployment('web', `${host}/web:1.0.0`),
    'apps/jobs.yaml': deployment('jobs', `${host}/web:1.0.0`, { policy: 'web' }),
  });
  await using loop = await landedUnapplied({ files });
  await loop.person.edit('apps/jobs.yaml', (text) => text.replace(':1.1.0', ':1.0.0-patched'));
  await loop.person.commitAndPush('Jobs need a patch');
  await loop.request('GitRepository', 'fleet');
  await loop.resume();
  const rollout = await withheld(loop, 'Conflict');
  expect(rollout.status?.undo?.message).toContain('apps/jobs.yaml:');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('a person who reverts during the rollback: one result, no fight', async () => {
  await using loop = await landedUnapplied();
  const reverting = loop.person.revertAndPush('HEAD');
  await loop.resume();
  await reverting.catch(() => {});
  await loop.request('GitRepository', 'fleet');
  await loop.phase('web', '1.1.0', 'RolledBack');
  await loop.serves('web', '1.0.0');
  await loop.settles();
  const head = await loop.main.head();
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.head()).toBe(head);
  expect((await loop.main.commits()).length).toBe(3);
});

test.for([
  { guard: null, reason: 'Notify', because: 'nobody guards' },
  { guard: { onUnhealthy: 'Notify' }, reason: 'Notify', because: 'the guard wants to be told' },
  { guard: { onUnhealthy: 'Ignore' }, reason: 'Ignore', because: 'the guard ignores it' },
])('nothing is taken back where $because', async ({ guard, reason }) => {
  await using loop = await startBroken({ guard });
  await loop.pushTag('web', '1.1.0');
  await withheld(loop, reason);
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('a guard that is changed to Rollback takes back what failed before', async () => {
  await using loop = await startBroken({ guard: { onUnhealthy: 'Notify' } });
  await loop.pushTag('web', '1.1.0');
  await withheld(loop, 'Notify');
  await loop.patch('UpdateGuard', 'guard', { spec: { onUnhealthy: 'Rollback' } });
  await loop.phase('web', '1.1.0', 'RolledBack');
});

test.for([
  'code = Unknown desc = failed to resolve reference: unexpected status code 429 Too Many Requests',
  'code = Unknown desc = failed to authorize: 401 Unauthorized',
  'code = Unavailable desc = dial tcp 10.0.0.1:443: i/o timeout',
])('a registry that says "%s" speaks against no image, and the bump goes on when it is back', async (words) => {
  await using loop = await startBroken({
    guard: { onUnhealthy: 'Rollback', healthTimeout: '1s' },
    broken: new Map([['web:1.1.0', words]]),
  });
  await loop.pushTag('web', '1.1.0');
  await withheld(loop, 'NotTheImage');
  expect(await loop.main.file(web)).toContain(':1.1.0');
  loop.broken.clear();
  await loop.phase('web', '1.1.0', 'Healthy');
});

test('where more than the image changed, people are told and nothing is taken back', async () => {
  await using loop = await landedUnapplied();
  await loop.person.edit(web, (text) =>
    text.replace('      containers:', '      terminationGracePeriodSeconds: 5\n      containers:'),
  );
  await loop.person.commitAndPush('Be quick');
  await loop.request('GitRepository', 'fleet');
  await loop.resume();
  const rollout = await withheld(loop, 'MoreChanged');
  expect(rollout.status?.undo?.message).toContain('Deployment/default/web');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('two unrelated bumps that fail within ten minutes open the breaker', async () => {
  await using loop = await startBroken({ images: { api: ['1.0.0'], web: ['1.0.0'] } });
  loop.broken.set('api:1.1.0', 'missing');
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web', '1.1.0', 'RolledBack');
  await loop.pushTag('api', '1.1.0');
  const stays = await withheld(loop, 'BreakerOpen', 'api');
  expect(stays.status?.undo?.message).toContain('web 1.1.0');
  expect(await loop.main.file('apps/api.yaml')).toContain(':1.1.0');
});

test('the same version is not taken back twice: whoever lets it land again decides', async () => {
  await using loop = await startBroken();
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web', '1.1.0', 'RolledBack');
  await loop.serves('web', '1.0.0');
  await loop.settles();
  const [inverse] = await loop.main.commits();
  await loop.patch('ImageUpdateAutomation', 'fleet', {
    metadata: { annotations: { 'tagalong.dev/release': `web@${inverse?.oid}` } },
  });
  await loop.lands(web, ':1.1.0');
  await withheld(loop, 'UndoneBefore');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('a branch that refuses the inverse commit: people are told', async () => {
  await using loop = await landedUnapplied();
  await loop.gitHost.refusePushes('main is protected');
  await loop.resume();
  const rollout = await withheld(loop, 'BranchRefused');
  expect(rollout.status?.undo?.message).toContain('main is protected');
});

test.for([
  { word: 'suspended', stop: { spec: { suspend: true } }, go: { spec: { suspend: false } } },
  {
    word: 'paused',
    stop: { metadata: { annotations: { 'tagalong.dev/paused-until': '2090-01-01T00:00:00Z' } } },
    go: { metadata: { annotations: { 'tagalong.dev/paused-until': null } } },
  },
])('an automation that is $word takes nothing back until it goes on', async ({ stop, go }) => {
  await using loop = await landedUnapplied();
  await loop.patch('ImageUpdateAutomation', 'fleet', stop);
  await loop.resume();
  await withheld(loop, 'Suspended');
  expect(await loop.main.file(web)).toContain(':1.1.0');
  await loop.patch('ImageUpdateAutomation', 'fleet', go);
  await loop.phase('web', '1.1.0', 'RolledBack');
});

test('where the version before is ill as well, the bot stops and says so', async () => {
  await using loop = await landedUnapplied();
  const pods = { group: '', version: 'v1', kind: 'Pod', namespace: 'default' };
  const { items } = await loop.cluster.list(pods, { namespace: 'default' });
  const unready = { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] } };
  for (const { metadata } of items)
    await loop.cluster.patch({ ...pods, name: metadata.name }, unready, { type: 'merge', subresource: 'status' });
  await loop.resume();
  const rollout = await withheld(loop, 'PreviousUnhealthy');
  expect(rollout.status?.undo?.message).toContain('not healthy either');
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test('a version before that does not come back is told of, and nothing more is done', async () => {
  await using loop = await startBroken({ guard: { onUnhealthy: 'Rollback', healthTimeout: '3s' } });
  await loop.pushTag('web', '1.1.0');
  await loop.until('the inverse commit', async () => (await loop.main.commits()).length === 3);
  loop.broken.set('web:1.0.0', 'missing');
  const pods = { group: '', version: 'v1', kind: 'Pod', namespace: 'default' };
  await loop.until('the version before to be ill', async () => {
    const { items } = await loop.cluster.list(pods, { namespace: 'default' });
    for (const { metadata } of items) await loop.cluster.delete({ ...pods, name: metadata.name });
    return (await find(loop, 'web', '1.1.0'))?.status?.undo?.reason === 'StillUnhealthy';
  });
  expect((await loop.main.commits()).length).toBe(3);
});
