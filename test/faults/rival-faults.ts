import { stringify } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { conditionOf } from '../journeys/support/start-loop.ts';
import { startBot } from './bot.ts';
import { runningImage } from './converge.ts';
import type { Fault } from './fault.ts';
import type { Passing } from './fault-proxy.ts';
import { startOtherCluster } from './other-cluster.ts';
import { commitSoon, type Round } from './round.ts';
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
    name: 'leader-frozen-in-a-push',
    async play(round) {
      await round.kill();
      const flags = ['--leader-elect=true'];
      await round.start({ flags });
      // It writes, so it leads.
      await round.bump();
      await round.settle();
      const rivalState = `${round.stateFolder}-of-the-other`;
      await using _rival = startBot({ ...round.parts, flags, stateFolder: rivalState });
      const leader = round.bot.pid;
      let isFrozen = false;
      const forget = round.git.listen(({ path, method }, moment) => {
        if (isFrozen || moment !== 'before' || method !== 'POST' || !path.endsWith('git-receive-pack')) return;
        process.kill(leader, 'SIGSTOP');
        isFrozen = true;
      });
      try {
        await round.bump();
        await until('a push', async () => isFrozen);
        forget();
        await round.bump();
        // The other one waits for as long as a Lease lasts, and then does it all.
        await round.settle();
      } finally {
        process.kill(leader, 'SIGCONT');
      }
      await round.wait(1500, 3000);
      await round.kill();
      await round.start();
    },
  },
  {
    name: 'two-clusters-one-file',
    async play(round) {
      await using other = await startOtherCluster(round);
      for (let bumps = 3; bumps > 0; bumps -= 1) {
        const image = round.random.pick(['web', 'api'] as const);
        await round.bump(image);
        await other.scan(image);
        await round.wait(100, 900);
      }
      await round.settle();
    },
  },
  {
    name: 'two-clusters-undo-each-other',
    endsOtherwise: true,
    async play(round) {
      await round.bump('web');
      await round.settle();
      await using other = await startOtherCluster(round, '1.0.x');
      await until('the other bot to go back', async () => (await round.loop.main.file('apps/web.yaml'))?.includes(':1.0.0'));
      round.newest.set('web', '1.0.0');
      await round.ask('GitRepository', 'fleet');
      await assertHeld(round, /Other Bot/);
      await other.scan('web');
      await round.wait(1000, 2000);
      const commits = (await round.loop.main.commits()).filter(({ files }) => files.includes('apps/web.yaml')).length;
      if (commits !== 3) throw new Error(`${commits} commits of apps/web.yaml where three are enough: they undo each other`);
    },
    check: (round) => assertHeld(round, /Other Bot/),
  },
  {
    name: 'a-bot-that-undoes-us',
    endsOtherwise: true,
    play: undoEachBump,
    check: (round) => assertHeld(round, /Ann Operator/),
  },
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
          if (labels['app'] !== 'theirs') await editWeb(round, { spec: { minReadySeconds: 7, replicas: 4 } }, 'some-controller');
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
    async check({ loop }) {
      const spec = (await loop.cluster.get(web))?.['spec'] as { minReadySeconds?: number } | undefined;
      if (spec?.minReadySeconds !== 7) throw new Error('a field that git does not name was taken from its owner');
    },
  },
  {
    name: 'a-webhook-that-edits-ours',
    async play(round) {
      const isApply = ({ method, path }: Passing) => method === 'PATCH' && /\/deployments\/[^/]+\?/.test(path);
      round.api.play((passing) => (isApply(passing) ? { rewrite: mutate } : 'pass'));
      await round.bump('web');
      await round.settle();
      const before = round.api.count;
      await round.wait(3000, 3000);
      const perSecond = (round.api.count - before) / 3;
      if (perSecond > 30) throw new Error(`${Math.round(perSecond)} requests a second: a war with a webhook`);
      const live = await round.loop.cluster.get(web);
      if (live?.metadata.annotations?.['webhook.example/was-here'] !== 'true') throw new Error('what the webhook added is gone');
      round.api.calm();
      await round.bump();
    },
  },
];

/** As a mutating webhook does: in what we send, so that it is ours. */
function mutate(body: string): string {
  const object = JSON.parse(body) as { metadata: { annotations?: Record<string, string> }; spec: Record<string, unknown> };
  object.metadata.annotations = { ...object.metadata.annotations, 'webhook.example/was-here': 'true' };
  object.spec['minReadySeconds'] = 3;
  return JSON.stringify(object);
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

async function assertHeld(round: Round, by: RegExp): Promise<void> {
  const { loop } = round;
  const held = await until('the hold', async () => conditionOf(await loop.get('ImageUpdateAutomation', 'fleet'), 'Held'));
  if (held.status !== 'True' || !/web/.test(held.message) || !by.test(held.message))
    throw new Error(`the hold is not named: ${stringify(held)}`);
  const head = await loop.main.head();
  await round.ask('ImageUpdateAutomation', 'fleet');
  await round.wait(1500, 2000);
  if ((await loop.main.head()) !== head) throw new Error('the bot wrote again what somebody had undone');
}
