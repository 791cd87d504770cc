import { expect, test } from 'vitest';
import { deployment, imagePolicy, kustomization, updateGuard } from './support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from './support/rollout-loop.ts';

const staging = 'apps/staging/web.yaml';
const production = 'apps/production/web.yaml';

/** Two Kustomizations of one repository; production wants what has been healthy in staging. */
async function startPromotion(healthyFor = '30m'): Promise<RolloutLoop> {
  const guard = updateGuard(
    {
      policySelector: { matchLabels: { stage: 'production' } },
      requires: [{ kustomizationRef: { name: 'staging' }, healthyFor }],
    },
    'promotion',
  );
  const loop = await startRolloutLoop({
    guard: null,
    policy: null,
    files: (host) => ({
      [staging]: deployment('web-staging', `${host}/web:1.0.0`),
      [production]: deployment('web-production', `${host}/web:1.0.0`),
    }),
    waitsFor: ['web-staging:1.0.0', 'web-production:1.0.0'],
    extra: [
      kustomization('./apps/staging', {}, 'staging'),
      kustomization('./apps/production', {}, 'production'),
      guard,
      ...['staging', 'production'].map((stage) =>
        imagePolicy(`web-${stage}`, { metadata: { labels: { stage } }, spec: { imageRepositoryRef: { name: 'web' } } }),
      ),
    ],
    applies: false,
  });
  await loop.settles();
  return loop;
}

test('a tag goes to production once its digest has been healthy in staging long enough', async () => {
  await using loop = await startPromotion();
  await loop.pushTag('web', '1.1.0');
  const rollout = await loop.phase('web-staging', '1.1.0', 'Healthy');
  expect(rollout.status?.digest).toMatch(/^sha256:/);
  await loop.rests();
  expect(await loop.main.file(production)).toContain(':1.0.0');
  loop.clock.skip(29 * 60_000);
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.file(production)).toContain(':1.0.0');
  loop.clock.skip(2 * 60_000);
  await loop.lands(production, ':1.1.0');
  await loop.phase('web-production', '1.1.0', 'Healthy');
});

test('what fails in staging never comes to production, and the next tag does', async () => {
  await using loop = await startPromotion('0s');
  loop.broken.set('web:1.1.0', 'missing');
  await loop.apply(updateGuard({ onUnhealthy: 'Rollback' }, 'take-back'));
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web-staging', '1.1.0', 'RolledBack');
  await loop.rests();
  expect(await loop.main.file(production)).toContain(':1.0.0');
  await loop.pushTag('web', '1.2.0');
  await loop.lands(production, ':1.2.0');
  expect((await loop.rollouts()).some(({ spec }) => spec.policy.name === 'web-production' && spec.image.tag === '1.1.0')).toBe(
    false,
  );
});

test('an interruption in staging begins the time anew', async () => {
  await using loop = await startPromotion();
  await loop.pushTag('web', '1.1.0');
  await loop.phase('web-staging', '1.1.0', 'Healthy');
  loop.clock.skip(29 * 60_000);
  const pods = { group: '', version: 'v1', kind: 'Pod', namespace: 'default' };
  const { items } = await loop.cluster.list(pods, { namespace: 'default', labelSelector: 'app=web-staging' });
  const ref = { ...pods, name: items[0]?.metadata.name ?? '' };
  const unready = { status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] } };
  await loop.cluster.patch(ref, unready, { type: 'merge', subresource: 'status' });
  const stagingOf = async () => (await loop.rollouts()).find(({ spec }) => spec.policy.name === 'web-staging');
  await loop.until('the interruption', async () => (await stagingOf())?.status?.workloads?.[0]?.healthySince === undefined);
  await loop.cluster.delete(ref);
  await loop.until('health', async () => (await stagingOf())?.status?.workloads?.[0]?.healthySince !== undefined);
  loop.clock.skip(2 * 60_000);
  await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.file(production)).toContain(':1.0.0');
  loop.clock.skip(30 * 60_000);
  await loop.lands(production, ':1.1.0');
});
