import { type Figure, figureOf } from './measure.ts';
import { type Measured, type Setting, startCosting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { automationOf, configMap, deployment, imageOf, kustomizationOf, sourceOf } from './stage-objects.ts';

const images = 50;
const kustomizations = 10;
const objectsEach = 100;
const tags = ['1.0.0', '1.1.0', '1.2.0'];

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Fifty images scanned each minute and a thousand objects that nobody touches: memory, the part of a core, and writes. */
export async function benchRest(setting: Setting): Promise<Measured> {
  const { settleMs, restMs } = setting.quick ? { settleMs: 3_000, restMs: 12_000 } : { settleMs: 60_000, restMs: 90_000 };
  await using stage = await startStage(setting, ['source', 'kustomize', 'image']);
  const { registry, seen } = stage;
  const names = numbered(images).map((index) => `image${index}`);
  for (const name of names) for (const tag of tags) await registry.pushTag(name, tag);
  const folders = numbered(kustomizations).map((index) => `k${index}`);
  stage.write(
    Object.fromEntries(names.map((name) => [`images/${name}.yaml`, deployment(name, `${registry.host}/${name}:1.2.0`)])),
  );
  for (const folder of folders)
    stage.write(
      Object.fromEntries(numbered(objectsEach).map((index) => [`${folder}/${index}.yaml`, configMap(`${folder}-${index}`, 'x')])),
    );
  await stage.commit('objects');
  await stage.create(sourceOf(stage.repositoryUrl, { interval: '1m' }));
  for (const folder of folders) await stage.create(kustomizationOf(folder, { interval: '10m' }));
  for (const name of names) await stage.create(...imageOf(registry.host, name, '1m'));
  await stage.create(automationOf('all', './images', '1m'));
  const isUp = () =>
    folders.every((name) => seen.isReady('Kustomization', name)) &&
    names.every((name) => seen.isReady('ImagePolicy', name)) &&
    seen.isReady('ImageUpdateAutomation', 'all');
  await seen.until('everything', isUp, 600_000);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return { figures: await watchRest(stage, `at rest, ${images} images and ${kustomizations * objectsEach} objects:`, restMs) };
}

const parts = 6;

/** The time in six parts: each is one value of memory and of CPU. */
async function watchRest(stage: Stage, what: string, restMs: number): Promise<Figure[]> {
  const costs = await startCosting(stage);
  const memory: number[] = [];
  const ofCore: number[] = [];
  for (let part = 0; part < parts; part += 1) {
    const before = await stage.usage();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, restMs / parts));
    const { cpuSeconds, residentMiB } = await stage.usage();
    memory.push(residentMiB);
    ofCore.push(((cpuSeconds - before.cpuSeconds) / (performance.now() - start)) * 100_000);
  }
  const cost = await costs();
  return [
    figureOf(`${what} resident memory`, memory, 'MiB', cost),
    figureOf(`${what} of a core`, ofCore, '%'),
    figureOf(`${what} of a core in ${restMs / 1000} s`, [(cost.cpuSeconds / restMs) * 100_000], '%'),
    figureOf(`${what} status patches in ${restMs / 1000} s`, [cost.api['status'] ?? 0], ''),
  ];
}

const many = 10_000;

/** Ten thousand objects of a hundred Kustomizations that nobody touches. */
export async function benchManyAtRest(setting: Setting): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'kustomize']);
  const names = numbered(100).map((index) => `k${index}`);
  const each = numbered(many / names.length);
  for (const name of names)
    stage.write(Object.fromEntries(each.map((index) => [`${name}/${index}.yaml`, configMap(`${name}-${index}`, 'x')])));
  await stage.commit('objects');
  await stage.announce();
  const start = performance.now();
  for (const name of names) await stage.create(kustomizationOf(name, { interval: '10m' }));
  const isUp = () => names.every((name) => stage.seen.isReady('Kustomization', name));
  const end = await stage.seen.until('all of them', isUp, 600_000);
  const applied = await stage.usage();
  await new Promise((resolve) => setTimeout(resolve, 45_000));
  const what = `${many} objects over ${names.length} Kustomizations:`;
  return {
    figures: [
      figureOf(`${what} first apply`, [end - start]),
      figureOf(`${what} resident memory right after`, [applied.residentMiB], 'MiB'),
      ...(await watchRest(stage, `${what} at rest,`, 60_000)),
    ],
  };
}
