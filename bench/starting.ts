import { kustomizationKind } from '../src/api/index.ts';
import { untilSource } from './delivering.ts';
import { figureOf } from './measure.ts';
import type { Measured, Setting } from './scenario.ts';
import { openStage } from './stage.ts';
import { configMap, kustomizationOf } from './stage-objects.ts';

/** From the start of the process, on state that an earlier one left, to the first reconcile that was asked for meanwhile. */
export async function benchStart(setting: Setting): Promise<Measured> {
  await using stage = await openStage(setting, ['source', 'kustomize', 'image']);
  stage.write({ 'app/a.yaml': configMap('a', 'x') });
  await stage.commit('objects');
  await stage.start();
  await stage.announce();
  await stage.create(kustomizationOf('app'));
  await untilSource(stage);
  await stage.seen.until('app', () => stage.seen.isReady('Kustomization', 'app'));
  const times: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < (setting.quick ? 3 : 9); round += 1) {
    await stage.stop();
    const token = await stage.ask(kustomizationKind, 'app');
    const start = performance.now();
    const handled = stage.seen.until(
      'the reconcile',
      () => stage.seen.statusOf('Kustomization', 'app')?.lastHandledReconcileAt === token,
    );
    await stage.start();
    times.push((await handled) - start);
    memory.push((await stage.usage()).residentMiB);
  }
  return {
    figures: [figureOf('start of the process → first reconcile done', times), figureOf('resident memory then', memory, 'MiB')],
  };
}
