import { untilSource } from './delivering.ts';
import { type Measured, measure, type Setting } from './scenario.ts';
import { startStage } from './stage.ts';
import { configMap, kustomizationOf } from './stage-objects.ts';

const links = [0, 1, 2];

/** Three Kustomizations that depend on one another, from created to all ready. */
export async function benchChain(setting: Setting): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'kustomize']);
  const rounds = setting.quick || setting.subject === 'flux' ? 3 : 11;
  const names = Array.from({ length: rounds }, (_, round) => links.map((link) => `r${round}-${link}`));
  stage.write(Object.fromEntries(names.flat().map((name) => [`${name}/a.yaml`, configMap(name, 'x')])));
  await stage.commit('objects');
  await stage.announce();
  await untilSource(stage);
  return await measure('a chain of three Kustomizations: created → all ready', stage, {
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
