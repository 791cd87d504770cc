import { gitRepositoryKind, imageRepositoryKind, imageUpdateAutomationKind, kustomizationKind } from '../src/api/index.ts';
import { growthThrough } from './growth.ts';
import { type Figure, figureOf } from './measure.ts';
import { type Measured, type Setting, startCosting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { automationOf, configMap, deployment, imageOf, kustomizationOf, receiverOf } from './stage-objects.ts';

const sizesOf = ({ quick, subject }: Setting) =>
  quick ? [10, 100, 1_000] : subject === 'flux' ? [10, 10_000] : [10, 100, 10_000, 100_000];
/** Growth is told from a hundred files on: below, everything else costs more. */
const growsFrom = 100;

/** A tag is pushed and told of → the commit is on the branch → the Deployment has it, in repositories of several sizes. */
export async function benchBump(setting: Setting): Promise<Measured> {
  const sizes = sizesOf(setting);
  const figures: Figure[] = [];
  const committed: Figure[] = [];
  for (const files of sizes) {
    const measured = await benchFiles(setting, files);
    figures.push(...measured);
    if (files >= growsFrom) committed.push(...measured.slice(0, 1));
  }
  const grown = sizes.filter((size) => size >= growsFrom);
  const growth = grown.length < 2 ? [] : [growthThrough('a bump, by files of the repository', grown, committed)];
  return { figures, growth };
}

async function benchFiles(setting: Setting, files: number): Promise<Figure[]> {
  await using stage = await startStage(setting, ['source', 'kustomize', 'image']);
  await fill(stage, files);
  await untilDeployed(stage, '1.0.0');
  const times = { committed: [] as number[], applied: [] as number[] };
  // The first one still builds the index of markers.
  await bump(stage, '1.1.0');
  const costs = await startCosting(stage);
  const rounds = setting.quick || setting.subject === 'flux' ? 5 : 11;
  for (let round = 1; round <= rounds; round += 1) {
    const { committed, applied } = await bump(stage, `1.1.${round}`);
    times.committed.push(committed);
    times.applied.push(applied);
  }
  const what = `a bump among ${files} files: tag pushed and told of →`;
  return [figureOf(`${what} committed`, times.committed), figureOf(`${what} applied`, times.applied, 'ms', await costs())];
}

async function fill(stage: Stage, files: number): Promise<void> {
  const { registry } = stage;
  await registry.pushTag('web', '1.0.0');
  const unrelated = Array.from({ length: files - 1 }, (_, index) => index);
  stage.write({
    'apps/web.yaml': deployment('web', `${registry.host}/web:1.0.0`),
    ...Object.fromEntries(unrelated.map((index) => [`other/${index % 100}/${index}.yaml`, configMap(`c${index}`, `${index}`)])),
  });
  await stage.commit('objects');
  await stage.announce();
  await stage.create(kustomizationOf('apps'), ...imageOf(registry.host, 'web'), automationOf('all', './'));
  if (stage.subject === 'tagalong') await stage.create(...receiverOf('web'));
  if (stage.subject === 'tagalong')
    await stage.seen.until('the Receiver', () => stage.seen.statusOf('Receiver', 'registry')?.webhookPath !== undefined);
  await stage.seen.until('the automation', () => stage.seen.isReady('ImageUpdateAutomation', 'all'), 600_000);
}

/** In milliseconds since the tag was there. */
async function bump(stage: Stage, tag: string): Promise<{ committed: number; applied: number }> {
  const before = await stage.head();
  await stage.registry.pushTag('web', tag);
  const start = performance.now();
  const applied = untilDeployed(stage, tag);
  const committed = stage.subject === 'tagalong' ? tell(stage, before) : askAtEveryHop(stage, tag, before);
  const times = { committed: (await committed) - start, applied: (await applied) - start };
  await untilQuiet(stage);
  return times;
}

async function tell(stage: Stage, before: string): Promise<number> {
  await stage.callWebhook();
  return untilPushed(stage, before);
}

/** As `flux reconcile` would, each step as soon as the one before it is through. */
async function askAtEveryHop(stage: Stage, tag: string, before: string): Promise<number> {
  const { seen } = stage;
  await stage.ask(imageRepositoryKind, 'web');
  await seen.until(`the policy to pick ${tag}`, () => seen.statusOf('ImagePolicy', 'web')?.latestRef?.tag === tag);
  await stage.ask(imageUpdateAutomationKind, 'all');
  const pushed = await untilPushed(stage, before);
  const revision = `main@sha1:${await stage.head()}`;
  await stage.ask(gitRepositoryKind, 'repo');
  await seen.until('the source', () => seen.statusOf('GitRepository', 'repo')?.artifact?.revision === revision);
  await stage.ask(kustomizationKind, 'apps');
  return pushed;
}

const lookEveryMs = 2;
const pushTimeoutMs = 600_000;

async function untilPushed(stage: Stage, before: string): Promise<number> {
  const deadline = performance.now() + pushTimeoutMs;
  while ((await stage.head()) === before) {
    if (performance.now() > deadline) throw new Error(`nothing was pushed in ${pushTimeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  return performance.now();
}

function untilDeployed({ seen }: Stage, tag: string): Promise<number> {
  const holds = () => JSON.stringify(seen.find('Deployment', 'web')?.['spec'] ?? '').includes(`/web:${tag}"`);
  return seen.until(`the Deployment at ${tag}`, holds, pushTimeoutMs);
}

async function untilQuiet(stage: Stage): Promise<void> {
  const revision = `main@sha1:${await stage.head()}`;
  const { seen } = stage;
  await seen.until('the Kustomization', () => seen.statusOf('Kustomization', 'apps')?.lastAppliedRevision === revision);
  // An object is asked once a second at most: the next call must not wait for this one's second.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
}
