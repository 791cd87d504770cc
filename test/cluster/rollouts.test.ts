import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type AppProcess, startAppProcess } from '../journeys/support/app-process.ts';
import { deployment, imagePolicy, kustomization, requestedAtPatch, updateGuard } from '../journeys/support/resources.ts';
import type { RolloutLoop } from '../journeys/support/rollout-loop.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type RolloutStageOptions, startRolloutStage } from './support/rollout-stage.ts';

const web = 'apps/web.yaml';

async function started(options: RolloutStageOptions = {}): Promise<RolloutLoop> {
  const loop = await startRolloutStage(options);
  await loop.settles();
  return loop;
}

describeWithParts(
  ['kube-apiserver', 'kube-controller-manager', 'etcd'],
  'rollouts on a real API server with its controller manager',
  () => {
    test('a bad tag is rolled out, fails, goes back by an inverse commit, is held, and the next tag passes', async () => {
      await using loop = await started({ broken: new Map([['web:1.1.0', 'missing']]) });
      await loop.pushTag('web', '1.1.0');
      const rollout = await loop.phase('web', '1.1.0', 'RolledBack');
      const phases = rollout.status?.phases?.map(({ phase }) => phase);
      expect(phases?.filter((phase) => phase === 'Applied' || phase === 'Failed' || phase === 'RolledBack')).toEqual([
        'Applied',
        'Failed',
        'RolledBack',
      ]);
      await loop.serves('web', '1.0.0');
      await loop.settles();
      expect((await loop.condition('ImageUpdateAutomation', 'fleet', 'Held'))?.status).toBe('True');
      await loop.pushTag('web', '1.2.0');
      const next = await loop.phase('web', '1.2.0', 'Healthy');
      expect(next.status?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    test('of three bumps in one push only the one that crashes goes back', async () => {
      const images = { api: ['1.0.0'], shop: ['1.0.0'], web: ['1.0.0'] };
      await using loop = await started({ images, crashing: new Set(['web:1.1.0']) });
      const names = Object.keys(images);
      await Promise.all(names.map((name) => loop.registry.pushTag(name, '1.1.0')));
      await Promise.all(names.map((name) => loop.request('ImageRepository', name)));
      const rollout = await loop.phase('web', '1.1.0', 'RolledBack');
      expect(rollout.status?.undo?.message).toContain('restarted 3 times');
      await Promise.all([loop.phase('api', '1.1.0', 'Healthy'), loop.phase('shop', '1.1.0', 'Healthy')]);
      await loop.serves('web', '1.0.0');
      expect(await loop.main.file('apps/api.yaml')).toContain(':1.1.0');
    });

    test('a registry outage during a rollout takes nothing back', async () => {
      const words = 'code = Unavailable desc = unexpected status from HEAD request: 503 Service Unavailable';
      await using loop = await started({
        broken: new Map([['web:1.1.0', words]]),
        guard: { onUnhealthy: 'Rollback', healthTimeout: '2s' },
      });
      await loop.pushTag('web', '1.1.0');
      await loop.until('the failure to be told', async () => (await loop.rollouts())[0]?.status?.undo?.reason === 'NotTheImage');
      expect(await loop.main.file(web)).toContain(':1.1.0');
      loop.broken.clear();
      await loop.phase('web', '1.1.0', 'Healthy');
    });

    test('a person who reverts during the rollback of the bot: one result, no fight', async () => {
      await using loop = await started({ broken: new Map([['web:1.1.0', 'missing']]) });
      await loop.patch('Kustomization', 'apps', { spec: { suspend: true } });
      await loop.pushTag('web', '1.1.0');
      await loop.lands(web, ':1.1.0');
      await loop.settles();
      await loop.person.pull();
      await loop.patch('Kustomization', 'apps', { spec: { suspend: false } });
      await loop.phase('web', '1.1.0', 'Failed').catch(() => {});
      await loop.person.revertAndPush('HEAD').catch(() => {});
      await loop.request('GitRepository', 'fleet');
      await loop.phase('web', '1.1.0', 'RolledBack');
      await loop.serves('web', '1.0.0');
      await loop.settles();
      expect((await loop.main.commits()).length).toBe(3);
    });

    test('production gets the digest that has been healthy in staging, and nothing that failed there', async () => {
      const files = (host: string) => ({
        'apps/staging/web.yaml': deployment('web-staging', `${host}/web:1.0.0`),
        'apps/production/web.yaml': deployment('web-production', `${host}/web:1.0.0`),
      });
      const requires = [{ kustomizationRef: { name: 'staging' }, healthyFor: '30m' }];
      const policies = ['staging', 'production'].map((stage) =>
        imagePolicy(`web-${stage}`, { metadata: { labels: { stage } }, spec: { imageRepositoryRef: { name: 'web' } } }),
      );
      await using loop = await started({
        ...{ files, policy: null, applies: false, waitsFor: ['web-staging:1.0.0', 'web-production:1.0.0'] },
        broken: new Map([['web:1.1.0', 'missing']]),
        extra: [
          kustomization('./apps/staging', {}, 'staging'),
          kustomization('./apps/production', {}, 'production'),
          updateGuard({ policySelector: { matchLabels: { stage: 'production' } }, requires }, 'promotion'),
          ...policies,
        ],
      });
      await loop.pushTag('web', '1.1.0');
      await loop.phase('web-staging', '1.1.0', 'RolledBack');
      await loop.pushTag('web', '1.2.0');
      await loop.phase('web-staging', '1.2.0', 'Healthy');
      await loop.rests();
      expect(await loop.main.file('apps/production/web.yaml')).toContain(':1.0.0');
      loop.clock.skip(31 * 60_000);
      await loop.phase('web-production', '1.2.0', 'Healthy');
      expect((await loop.rollouts()).filter(({ spec }) => spec.policy.name === 'web-production')).toHaveLength(1);
    });

    test.for([
      { when: 'the commit is on the branch', isSeen: async ({ main }: RolloutLoop) => (await main.commits()).length > 1 },
      { when: 'it has failed', isSeen: async (loop: RolloutLoop) => (await phases(loop)).includes('Failed') },
      { when: 'the inverse commit is on the branch', isSeen: async ({ main }: RolloutLoop) => (await main.commits()).length > 2 },
    ])('killed when $when, the bot comes to the same end', async ({ isSeen }) => {
      await using loop = await startRolloutStage({ asleep: true, broken: new Map([['web:1.1.0', 'missing']]) });
      let bot: AppProcess = await startAppProcess(loop);
      try {
        await bot.started;
        await loop.serves('web', '1.0.0');
        await loop.ready('ImageUpdateAutomation', 'fleet');
        await loop.registry.pushTag('web', '1.1.0');
        await loop.patch('ImageRepository', 'web', requestedAtPatch('bad'));
        while (!(await isSeen(loop))) await sleep(5);
        await bot.end('SIGKILL');
        bot = await startAppProcess(loop);
        await loop.phase('web', '1.1.0', 'RolledBack');
        await loop.serves('web', '1.0.0');
        expect((await loop.main.commits()).map(({ subject }) => subject)).toEqual([
          'Roll back web from 1.1.0 to 1.0.0',
          'Update from image update automation',
          'Start',
        ]);
      } finally {
        await bot.end('SIGKILL');
      }
    });
  },
);

async function phases(loop: RolloutLoop): Promise<string[]> {
  return (await loop.rollouts())[0]?.status?.phases?.map(({ phase }) => phase) ?? [];
}
