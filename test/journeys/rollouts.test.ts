import { expect, test } from 'vitest';
import type { Rollout } from '../../src/api/index.ts';
import { deployment } from './support/resources.ts';
import { type RolloutLoop, type RolloutLoopOptions, startRolloutLoop } from './support/rollout-loop.ts';

const phasesOf = ({ status }: Rollout) => status?.phases?.map(({ phase }) => phase);
const web = 'apps/web.yaml';

async function started(options: RolloutLoopOptions = {}): Promise<RolloutLoop> {
  const loop = await startRolloutLoop(options);
  await loop.settles();
  return loop;
}

test('a bump is followed from the commit to health, and superseded by the next one', async () => {
  await using loop = await started();
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web', '1.1.0', 'Healthy');
  expect(phasesOf(rollout)).toEqual(['Selected', 'Committed', 'Fetched', 'Applied', 'Healthy']);
  expect(rollout.metadata.finalizers).toBeUndefined();
  expect(rollout.spec).toMatchObject({
    image: { tag: '1.1.0', previousTag: '1.0.0' },
    commit: await loop.main.head(),
    changes: [{ file: web, from: loop.image('web', '1.0.0'), to: loop.image('web', '1.1.0') }],
  });
  await loop.pushTag('web', '1.2.0');
  await loop.phase('web', '1.2.0', 'Healthy');
  const before = await loop.phase('web', '1.1.0', 'Superseded');
  expect(before.status?.phases?.at(-1)?.message).toContain(':1.2.0');
});

test('one event a phase tells the story', async () => {
  await using loop = await started();
  await loop.pushTag('web', '1.1.0');
  const { metadata } = await loop.phase('web', '1.1.0', 'Healthy');
  await loop.until('the events', async () => {
    const { items } = await loop.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'default' });
    const own = items.filter((event) => (event['involvedObject'] as { name?: string }).name === metadata.name);
    return ['Fetched', 'Applied', 'Healthy'].every((reason) => own.filter((event) => event['reason'] === reason).length === 1);
  });
});

test('a person who reverts a bump is named', async () => {
  await using loop = await started();
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web', '1.1.0', 'Healthy');
  await loop.person.pull();
  const revert = await loop.person.revertAndPush('HEAD');
  await loop.request('GitRepository', 'fleet');
  const rollout = await loop.phase('web', '1.1.0', 'RolledBack');
  expect(rollout.status?.undo).toMatchObject({ decision: 'Done', reason: 'ByOthers', by: 'Ann Operator', commit: revert });
});

test.for([
  { because: 'nothing is to run', file: (image: string) => deployment('web', image, { replicas: 0 }) },
  { because: 'the image stands in a ConfigMap', file: (image: string) => configMap(image) },
])('where $because, the bump is unproven and triggers nothing', async ({ file }) => {
  await using loop = await startRolloutLoop({
    files: (host) => ({
      [web]: file(`${host}/web:1.0.0`),
      'apps/other.yaml': deployment('other', 'other:1').replace(/ #.*/, ''),
    }),
    waitsFor: ['other:1'],
  });
  await loop.settles();
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web', '1.1.0', 'Unproven');
  expect(rollout.status?.healthySince).toBeUndefined();
  expect(rollout.status?.undo).toBeUndefined();
});

function configMap(image: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: default
data:
  image: ${image} # {"$imagepolicy": "default:web"}
`;
}

test('a rollout that is not healthy any more says so, and health counts anew', async () => {
  await using loop = await started();
  await loop.pushTag('web', '1.1.0');
  const first = await loop.phase('web', '1.1.0', 'Healthy');
  expect(first.status?.workloads).toMatchObject([{ name: 'web', state: 'Healthy', readyPods: 1 }]);
  expect(first.status?.healthySince).toBeDefined();
  const pods = { group: '', version: 'v1', kind: 'Pod', namespace: 'default' };
  const [pod] = (await loop.cluster.list(pods, { namespace: 'default' })).items;
  const ref = { ...pods, name: pod?.metadata.name ?? '' };
  const unready = { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] } };
  await loop.cluster.patch(ref, unready, { type: 'merge', subresource: 'status' });
  await loop.until('health to end', async () => {
    const [rollout] = await loop.rollouts();
    return rollout?.status?.workloads?.[0]?.state !== 'Healthy' && rollout?.status?.workloads?.[0]?.healthySince === undefined;
  });
  await loop.cluster.delete(ref);
  await loop.until('health to begin', async () => (await loop.rollouts())[0]?.status?.workloads?.[0]?.healthySince !== undefined);
});

test('only so many are kept as the automation says', async () => {
  await using loop = await started({ automation: { metadata: { annotations: { 'tagalong.dev/rollout-history': '2' } } } });
  for (const tag of ['1.1.0', '1.2.0', '1.3.0', '1.4.0']) {
    await loop.pushTag('web', tag);
    await loop.phase('web', tag, 'Healthy');
  }
  await loop.until('the oldest to go', async () => {
    await loop.request('ImageUpdateAutomation', 'fleet');
    return (await loop.rollouts()).length <= 3;
  });
});

test('what another cluster lands on the same branch is only reported', async () => {
  await using loop = await started({ broken: new Map([['web:1.1.0', 'missing']]) });
  await loop.person.edit(web, (text) => text.replace(':1.0.0', ':1.1.0'));
  await loop.person.git('add', '--all');
  await loop.person.commitAndPush('Update\n\nTagalong-Automation: another-cluster/default/fleet\n');
  await loop.request('GitRepository', 'fleet');
  await loop.request('ImageUpdateAutomation', 'fleet');
  await loop.until('the bump to be withheld', async () => {
    const [rollout] = await loop.rollouts();
    return rollout?.status?.undo?.reason === 'OtherWriter';
  });
  expect(await loop.main.file(web)).toContain(':1.1.0');
});

test.for([
  { when: 'before it is applied', broken: false, until: 'Committed' },
  { when: 'while it fails', broken: true, until: 'Failed' },
])('stopped $when and started with an empty state folder, it comes to the same end', async ({ broken }) => {
  await using loop = await started(broken ? { broken: new Map([['web:1.1.0', 'missing']]) } : {});
  await loop.patch('Kustomization', 'apps', { spec: { suspend: true } });
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.stopApp();
  await loop.patch('Kustomization', 'apps', { spec: { suspend: false } });
  await loop.startApp({ stateFolder: `${loop.folder}/other-state` });
  await loop.phase('web', '1.1.0', broken ? 'RolledBack' : 'Healthy');
  await loop.serves('web', broken ? '1.0.0' : '1.1.0');
});
