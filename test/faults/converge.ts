import { setTimeout as sleep } from 'node:timers/promises';
import { conditionOf } from '../journeys/support/start-loop.ts';
import { images, type Round, statusOf } from './round.ts';
import { patienceMs } from './until.ts';

/** Waits until everything asked for is in git and in the cluster; throws with what is not. Nothing is asked for again. */
export async function converge(round: Round): Promise<void> {
  const endAt = Date.now() + patienceMs;
  for (let missing = await findMissing(round); missing !== null; missing = await findMissing(round)) {
    if (!round.bot.isAlive) throw new Error('the bot ended by itself');
    if (Date.now() > endAt) throw new Error(`after ${patienceMs / 1000} s still: ${missing}`);
    await sleep(40);
  }
}

/** What keeps the loop from being settled, or null. */
export async function findMissing(round: Round): Promise<string | null> {
  const { loop } = round;
  const head = await loop.main.head().catch(() => 'nothing');
  for (const image of images) {
    const wanted = round.wanted(image);
    if (!(await loop.main.file(`apps/${image}.yaml`))?.includes(`${wanted} #`)) return `git lacks ${wanted}`;
    if ((await runningImage(loop, image)) !== wanted) return `the cluster runs another ${image} than ${wanted}`;
  }
  const applied = await loop.get('Kustomization', 'apps');
  if (statusOf(applied)?.['lastAppliedRevision'] !== `main@sha1:${head}`) return `${head} is not applied: ${tellReady(applied)}`;
  for (const [kind, name] of [
    ['Kustomization', 'apps'],
    ['GitRepository', 'fleet'],
    ['ImageUpdateAutomation', 'fleet'],
    ...images.flatMap((image) => [['ImageRepository', image] as const, ['ImagePolicy', image] as const]),
  ] as const) {
    const object = await loop.get(kind, name);
    if (conditionOf(object, 'Ready')?.status !== 'True') return `${kind} ${name} is not ready: ${tellReady(object)}`;
  }
  return null;
}

export async function runningImage(loop: Round['loop'], name: string): Promise<string | undefined> {
  const found = await loop.cluster.get({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name });
  const spec = found?.['spec'] as { template?: { spec?: { containers?: { image?: string }[] } } } | undefined;
  return spec?.template?.spec?.containers?.[0]?.image;
}

function tellReady(object: Parameters<typeof conditionOf>[0]): string {
  const ready = conditionOf(object, 'Ready');
  return `${ready?.status} ${ready?.reason} ${ready?.message}`;
}
