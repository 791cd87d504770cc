import { stringify } from 'yaml';
import { customResourceDefinitions } from '../../src/api/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { startControlPlane } from '../../src/control-plane/index.ts';
import { type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import {
  gitRepository,
  imagePolicy,
  imageRepository,
  imageUpdateAutomation,
  kustomization,
  updateGuard,
} from '../journeys/support/resources.ts';
import { conditionOf } from '../journeys/support/start-loop.ts';
import { garbage } from './api-faults.ts';
import { startBot } from './bot.ts';
import { runningImage } from './converge.ts';
import type { Fault } from './fault.ts';
import { commitSoon, type Round } from './round.ts';
import { startStranger } from './stranger.ts';
import { until } from './until.ts';

const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'web' };

export const rivalFaults: readonly Fault[] = [
  {
    name: 'two-instances',
    async play(round) {
      await using _rival = startBot({ ...round.parts, stateFolder: `${round.stateFolder}-of-the-other` });
      for (let bumps = 3; bumps > 0; bumps -= 1) {
        await round.bump();
        await round.wait(100, 900);
      }
      await round.settle();
    },
  },
  {
    name: 'leader-lost-in-a-push',
    async play(round) {
      await round.kill();
      const flags = ['--leader-elect=true'];
      await round.start({ flags });
      await using rival = startBot({ ...round.parts, flags, stateFolder: `${round.stateFolder}-of-the-other` });
      const forget = round.git.listen(({ path, method }, moment) => {
        if (method === 'POST' && path.endsWith('git-receive-pack') && moment === 'before') void round.bot.end('SIGKILL');
      });
      await round.settle();
      await round.bump();
      await round.wait(1500, 2500);
      forget();
      await rival.end('SIGKILL');
      await round.kill();
      await round.start();
    },
  },
  {
    name: 'two-clusters-one-file',
    async play(round) {
      await using other = await startControlPlane({
        customResourceDefinitions: customResourceDefinitions(),
        clock: systemClock,
        log: silentLog,
      });
      const connection = { kubeconfig: { yaml: other.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog };
      const cluster = await createCluster(connection);
      try {
        for (const object of sameObjects(round)) await cluster.apply(object, { fieldManager: 'test', force: true });
        const kubeconfig = await round.writeFile('kubeconfig-of-the-other', other.kubeconfigYaml);
        await using _rival = startBot({ ...round.parts, kubeconfig, stateFolder: `${round.stateFolder}-of-the-other` });
        for (let bumps = 3; bumps > 0; bumps -= 1) {
          const image = round.random.pick(['web', 'api'] as const);
          await round.bump(image);
          const ref = {
            group: 'image.toolkit.fluxcd.io',
            version: 'v1',
            kind: 'ImageRepository',
            namespace: 'default',
            name: image,
          };
          const annotations = { 'reconcile.fluxcd.io/requestedAt': `${Date.now()}` };
          await cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
          await round.wait(100, 900);
        }
        await round.settle();
      } finally {
        await cluster.close();
      }
    },
  },
  { name: 'a-bot-that-undoes-us', endsOtherwise: true, play: undoEachBump, check: assertHeld },
  {
    name: 'kubectl-edits',
    async play(round) {
      for (let edits = 4; edits > 0; edits -= 1) {
        await editWeb(round, { spec: { replicas: round.random.between(2, 9) } }, 'kubectl-edit');
        await round.wait(50, 800);
      }
      await round.bump();
    },
    async check({ loop }) {
      await until('one replica again', async () => replicasOf(await loop.cluster.get(web)) === 1);
    },
  },
  {
    name: 'kubectl-deletes',
    async play(round) {
      await round.loop.cluster.delete(web);
      await round.wait(0, 500);
      await round.bump();
      await until('it to be back', async () => (await runningImage(round.loop, 'web')) !== undefined);
    },
  },
  {
    name: 'an-autoscaler',
    async play(round) {
      await round.loop.cluster.create(autoscaler, { fieldManager: 'kubectl-create' });
      await round.wait(300, 800);
      for (let edits = 6; edits > 0; edits -= 1) {
        await editWeb(round, { spec: { replicas: edits + 1 } }, 'kube-controller-manager');
        await round.wait(20, 300);
      }
      await round.bump();
    },
    async check({ loop }) {
      if (replicasOf(await loop.cluster.get(web)) !== 2) throw new Error('what the autoscaler chose was undone');
    },
  },
  {
    name: 'a-controller-that-edits-ours',
    async play(round) {
      const before = round.api.count;
      const start = performance.now();
      let isOver = false;
      const war = (async () => {
        while (!isOver) {
          const labels = (await round.loop.cluster.get(web))?.metadata.labels ?? {};
          if (labels['app'] !== 'theirs') await editWeb(round, { spec: { minReadySeconds: 7 } }, 'some-controller');
          await round.wait(20, 60);
        }
      })();
      await round.wait(4000, 5000);
      isOver = true;
      await war;
      const perSecond = (round.api.count - before) / ((performance.now() - start) / 1000);
      if (perSecond > 100) throw new Error(`${Math.round(perSecond)} requests a second: a war`);
      await round.bump();
    },
  },
  {
    name: 'garbage-from-a-gate',
    async play(round) {
      await using gate = await startStranger(() => ({
        status: round.random.pick([200, 200, 500, 302]),
        body: round.random.pick(garbage),
      }));
      const spec = {
        policySelector: {},
        gate: { url: `${gate.url}/`, expression: 'response.body.ok == true', timeout: '2s', cacheFor: '1s' },
      };
      await round.loop.apply(updateGuard(spec));
      await round.wait(200, 400);
      await round.bump();
      await round.wait(1500, 2500);
      await round.loop.delete('UpdateGuard', 'guard');
    },
  },
];

function sameObjects({ loop, git }: Round): KubeObject[] {
  return [
    gitRepository(`${git.url}/fleet.git`),
    ...['web', 'api'].flatMap((name) => [imageRepository(`${loop.registry.host}/${name}`), imagePolicy(name)]),
    imageUpdateAutomation(),
    kustomization('./apps'),
  ];
}

async function editWeb({ loop }: Round, patch: object, fieldManager: string): Promise<void> {
  await loop.cluster.patch(web, patch as Record<string, unknown>, { type: 'merge', fieldManager }).catch(() => undefined);
}

function replicasOf(object: KubeObject | null): number | undefined {
  return (object?.['spec'] as { replicas?: number } | undefined)?.replicas;
}

const autoscaler: KubeObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 10 },
};

/** Whatever the bot writes to web, somebody writes back. */
async function undoEachBump(round: Round): Promise<void> {
  const { loop } = round;
  const file = 'apps/web.yaml';
  const original = (await loop.main.file(file)) ?? '';
  await round.bump('web');
  const tag = round.newest.get('web');
  await until(`${file} at ${tag}`, async () => (await loop.main.file(file))?.includes(`:${tag}`));
  await commitSoon(loop, { [file]: original }, 'Back to what we had');
  round.newest.set('web', '1.0.0');
  await round.ask('GitRepository', 'fleet');
  await round.ask('ImageUpdateAutomation', 'fleet');
}

async function assertHeld(round: Round): Promise<void> {
  const { loop } = round;
  const held = await until('the hold', async () => conditionOf(await loop.get('ImageUpdateAutomation', 'fleet'), 'Held'));
  if (held.status !== 'True' || !/web/.test(held.message)) throw new Error(`the hold is not named: ${stringify(held)}`);
  const head = await loop.main.head();
  await round.ask('ImageUpdateAutomation', 'fleet');
  await round.wait(1500, 2000);
  if ((await loop.main.head()) !== head) throw new Error('the bot wrote again what somebody had undone');
}
