import { imageRepositoryKind } from '../src/api/index.ts';
import { join, type Measured, measure, type Setting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { imageOf } from './stage-objects.ts';

const sizesOf = ({ quick }: Setting) => (quick ? { repositories: 50, tags: 100 } : { repositories: 200, tags: 500 });

/** Many repositories of many tags, each with a policy: from created to all picked, then all of them asked for again at once. */
export async function benchListing(setting: Setting): Promise<Measured> {
  const { repositories, tags } = sizesOf(setting);
  await using stage = await startStage(setting, ['image']);
  const names = await stage.registry.pushTags('r', tagsOf(tags), repositories);
  const newest = `1.0.${tags - 1}`;
  const what = `${repositories} repositories of ${tags} tags, a policy each`;
  const first = await measure(`${what}: created → all picked`, stage, {
    rounds: 1,
    async run() {
      const start = performance.now();
      await Promise.all(names.map((name) => stage.create(...imageOf(stage.registry.host, name))));
      const isPicked = (name: string) => stage.seen.statusOf('ImagePolicy', name)?.latestRef?.tag === newest;
      return (await stage.seen.until('all policies', () => names.every(isPicked), 600_000)) - start;
    },
  });
  const again = await measure(`${what}: all asked at once → all scanned`, stage, {
    rounds: setting.quick ? 3 : 5,
    run: () => askAll(stage, names),
  });
  return join([first, again]);
}

const tagsOf = (count: number) => Array.from({ length: count }, (_, index) => `1.0.${index}`);

async function askAll(stage: Stage, names: readonly string[]): Promise<number> {
  const start = performance.now();
  const tokens = new Map(
    await Promise.all(names.map(async (name) => [name, await stage.ask(imageRepositoryKind, name)] as const)),
  );
  const isScanned = (name: string) =>
    stage.seen.statusOf('ImageRepository', name)?.lastHandledReconcileAt === tokens.get(name) &&
    stage.seen.isReady('ImageRepository', name);
  return (await stage.seen.until('all scans', () => names.every(isScanned), 600_000)) - start;
}
