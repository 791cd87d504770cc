import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageRepositoryKind, requestedAtAnnotation } from '../src/api/index.ts';
import { silentLog, systemClock } from '../src/core/index.ts';
import { createPatience, type EmbeddedStage, runs, startEmbeddedStage } from '../src/demo/index.ts';
import { createLook } from '../src/demo/look.ts';
import { type Figure, figureOf } from './measure.ts';

const bumps = 7;

/** The loop end to end on embedded parts, in repositories of so many files. */
export async function benchLoop(files: number): Promise<Figure[]> {
  await using stage = await startEmbeddedStage({ clock: systemClock, log: silentLog });
  const { until } = createPatience(120_000, () => {});
  const look = createLook(stage.cluster);
  await until('web 1.0.0 to run', async () => runs(await look.deployment(), '1.0.0'));
  await addFiles(stage, files);
  const committed: number[] = [];
  const rolledOut: number[] = [];
  for (let patch = 0; patch <= bumps; patch += 1) {
    const times = await bump(stage, `1.1.${patch}`, until);
    // The first one still builds the index of markers.
    if (patch === 0) continue;
    committed.push(times.committed);
    rolledOut.push(times.rolledOut);
  }
  const label = `${files + 8} files: tag pushed and announced →`;
  return [
    figureOf(`${label} committed`, committed),
    figureOf(`${label} rolled out`, rolledOut),
    figureOf(`${files + 8} files: resident memory of the whole demo`, [process.memoryUsage().rss / 2 ** 20], 'MiB'),
  ];
}

/** How long a change by hand lives, with intervals of an hour. */
export async function benchDrift(): Promise<Figure[]> {
  await using stage = await startEmbeddedStage({ clock: systemClock, log: silentLog });
  const { until } = createPatience(60_000, () => {});
  const look = createLook(stage.cluster);
  const start = performance.now();
  await until('apps to run', async () => runs(await look.deployment(), '1.0.0'));
  const chain = performance.now() - start;
  const undone: number[] = [];
  for (const replicas of [5, 6, 7]) undone.push(await scale(stage, replicas, until));
  return [figureOf('a chain of three Kustomizations, up from nothing', [chain]), figureOf('a change by hand → undone', undone)];
}

async function addFiles(stage: EmbeddedStage, files: number): Promise<void> {
  for (let index = 0; index < files; index += 1) {
    const folder = join(stage.clone.folder, 'unrelated', String(index % 100));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `file-${index}.yaml`), `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${index}\n`);
  }
  if (files > 0) await stage.clone.commitAndPush(`${files} more files`);
}

async function bump(stage: EmbeddedStage, tag: string, until: ReturnType<typeof createPatience>['until']) {
  const look = createLook(stage.cluster);
  const before = (await look.automation())?.status?.lastPushCommit;
  const start = performance.now();
  await stage.pushImage(tag);
  // As a webhook would: the scan is asked for, not waited for.
  const repository = { ...imageRepositoryKind, namespace: 'flux-system', name: 'web' };
  await stage.cluster.patch(repository, { metadata: { annotations: { [requestedAtAnnotation]: tag } } }, { type: 'merge' });
  await until('the commit', async () => (await look.automation())?.status?.lastPushCommit !== before);
  const committed = performance.now() - start;
  await until('the rollout', async () => runs(await look.deployment(), tag));
  return { committed, rolledOut: performance.now() - start };
}

async function scale(stage: EmbeddedStage, replicas: number, until: ReturnType<typeof createPatience>['until']): Promise<number> {
  const look = createLook(stage.cluster);
  const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const start = performance.now();
  await stage.cluster.patch(web, { spec: { replicas } }, { type: 'merge', fieldManager: 'kubectl-edit' });
  await until('2 replicas', async () => (await look.deployment())?.spec.replicas === 2);
  const elapsed = performance.now() - start;
  await until('2 replicas to run', async () => runs(await look.deployment(), '1.0.0'));
  return elapsed;
}
