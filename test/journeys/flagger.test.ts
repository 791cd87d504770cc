import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { kustomization } from './support/resources.ts';
import { type RolloutLoop, startRolloutLoop } from './support/rollout-loop.ts';

interface Deployment extends KubeObject {
  spec: {
    replicas?: number;
    template: { metadata: { labels: Record<string, string> }; spec: { containers: { image: string }[] } };
  };
  status?: { availableReplicas?: number };
}

const ref = (name: string) => ({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name });
const imageOf = (deployment: Deployment | null) => deployment?.spec.template.spec.containers[0]?.image ?? '';

/**
 * Does with the Deployment `web` what Flagger's documentation says: runs a copy of it, `web-primary`, and keeps `web` itself at zero. When its
 * template changes it scales `web` up, looks how it does, and either takes the template over into the copy or leaves the copy as it is; then `web` goes
 * back to zero.
 */
async function playFlagger({ cluster }: RolloutLoop, signal: AbortSignal): Promise<void> {
  const get = async (name: string) => (await cluster.get(ref(name))) as Deployment | null;
  const scale = (replicas: number) =>
    cluster.patch(ref('web'), { spec: { replicas } }, { type: 'merge', fieldManager: 'flagger' });
  let judged = '';
  while (!signal.aborted) {
    const web = await get('web');
    if (web !== null && imageOf(web) !== judged) {
      await scale(1);
      const end = Date.now() + 1500;
      let isGood = false;
      while (!isGood && Date.now() < end) {
        const now = await get('web');
        isGood = now?.status?.availableReplicas === 1 && imageOf(now) === imageOf(web);
        await sleep(20);
      }
      if (isGood) await cluster.apply(primaryOf(web), { fieldManager: 'flagger', force: true });
      await scale(0);
      judged = imageOf(web);
    }
    await sleep(20);
  }
}

function primaryOf({ spec }: Deployment): KubeObject {
  const labels = { app: 'web-primary' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web-primary', namespace: 'default' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: spec.template.spec } },
  };
}

test('a workload that a progressive-delivery controller scales is left to it: nobody fights, and nothing is taken back', async () => {
  const ignore = [{ target: { kind: 'Deployment', name: 'web' }, paths: ['/spec/replicas'] }];
  await using loop = await startRolloutLoop({
    ...{ guard: null, applies: false, waitsFor: [] },
    extra: [kustomization('./apps', { spec: { ignore } })],
  });
  const stopping = new AbortController();
  const playing = playFlagger(loop, stopping.signal);
  try {
    const primaryRuns = (tag: string) =>
      loop.until(`the primary to run ${tag}`, async () =>
        imageOf((await loop.cluster.get(ref('web-primary'))) as Deployment | null).endsWith(`:${tag}`),
      );
    const atRest = () =>
      loop.until(
        'web to be at zero',
        async () => ((await loop.cluster.get(ref('web'))) as Deployment | null)?.spec.replicas === 0,
      );
    await primaryRuns('1.0.0');
    await atRest();
    await loop.settles();
    await loop.pushTag('web', '1.1.0');
    await primaryRuns('1.1.0');
    await atRest();
    await loop.phase('web', '1.1.0', 'Unproven');
    loop.broken.set('web:1.2.0', 'missing');
    await loop.pushTag('web', '1.2.0');
    await loop.until('the bad tag to be told', async () =>
      (await loop.rollouts()).some(({ spec, status }) => spec.image.tag === '1.2.0' && status?.undo?.reason === 'Notify'),
    );
    await atRest();
    await loop.rests();
    expect(await loop.main.file('apps/web.yaml')).toContain(':1.2.0');
    expect(imageOf((await loop.cluster.get(ref('web-primary'))) as Deployment)).toContain(':1.1.0');
    expect(((await loop.cluster.get(ref('web'))) as Deployment).spec.replicas).toBe(0);
  } finally {
    stopping.abort();
    await playing;
  }
});
