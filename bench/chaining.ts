import { untilSource } from './delivering.ts';
import { join, type Measured, measure, type Setting } from './scenario.ts';
import { startStage } from './stage.ts';
import { configMap, kustomizationOf } from './stage-objects.ts';

const links = [0, 1, 2];

const what = 'a chain of three Kustomizations: created → all ready';

/** Three Kustomizations that depend on one another, from created to all ready. Flux looks again after a fixed time, half a minute unless told otherwise. */
export async function benchChain(setting: Setting): Promise<Measured> {
  const measured = await benchChains(setting, what);
  if (setting.subject === 'tagalong') return measured;
  const fluxFlags = { 'kustomize-controller': ['--requeue-dependency=5s'] };
  return join([measured, await benchChains({ ...setting, fluxFlags }, `${what}, with --requeue-dependency=5s`)]);
}

async function benchChains(setting: Setting, name: string): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'kustomize']);
  const rounds = roundsOf(setting);
  const names = Array.from({ length: rounds }, (_, round) => links.map((link) => `r${round}-${link}`));
  stage.write(Object.fromEntries(names.flat().map((name) => [`${name}/a.yaml`, configMap(name, 'x')])));
  await stage.commit('objects');
  await stage.announce();
  await untilSource(stage);
  return await measure(name, stage, {
    rounds,
    async run(round) {
      const chain = names[round] ?? [];
      const objects = chain.map((name, link) =>
        kustomizationOf(name, { wait: true, ...(link === 0 ? {} : { dependsOn: [{ name: chain[link - 1] }] }) }),
      );
      const start = performance.now();
      await stage.create(...objects);
      return (
        (await stage.seen.until('the chain', () => chain.every((name) => stage.seen.isReady('Kustomization', name)))) - start
      );
    },
  });
}

function roundsOf({ quick, subject }: Setting): number {
  if (subject === 'flux') return quick ? 1 : 3;
  return quick ? 3 : 11;
}
