import { gitRepositoryKind, imageRepositoryKind, imageUpdateAutomationKind, kustomizationKind } from '../src/api/index.ts';
import { growthThrough } from './growth.ts';
import { type Figure, figureOf } from './measure.ts';
import { type Measured, type Setting, startCosting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { automationOf, configMap, deployment, imageOf, kustomizationOf, receiversOf } from './stage-objects.ts';

const sizesOf = ({ quick, subject }: Setting) =>
  quick ? [10, 100, 1_000] : subject === 'flux' ? [10, 100, 10_000] : [10, 100, 10_000, 100_000];
/** Growth is told from a hundred files on: below, everything else costs more. */
const growsFrom = 100;

/** How the subject hears of a tag: its registry's webhook, or a request for a reconcile. */
type Way = 'webhook' | 'asked';
const ways: readonly Way[] = ['webhook', 'asked'];

interface Times {
  readonly committed: number[];
  readonly applied: number[];
}

/** A tag is pushed and told of → the commit is on the branch → the Deployment has it, in repositories of several sizes. */
export async function benchBump(setting: Setting): Promise<Measured> {
  const sizes = sizesOf(setting);
  const figures: Figure[] = [];
  for (const files of sizes) figures.push(...(await benchFiles(setting, files)));
  const grown = sizes.filter((size) => size >= growsFrom);
  if (grown.length < 2) return { figures };
  const committed = grown.map((size) => figures.find(({ what }) => what === describe(size, 'webhook', 'committed')));
  const growth = growthThrough(
    'a bump by webhook, by files of the repository',
    grown,
    committed.filter((figure) => figure !== undefined),
  );
  return { figures, growth: [growth] };
}

async function benchFiles(setting: Setting, files: number): Promise<Figure[]> {
  await using stage = await startStage(setting, ['source', 'kustomize', 'image', 'notification']);
  await fill(stage, files);
  await untilDeployed(stage, '1.0.0');
  // The first one still builds the index of markers.
  await bump(stage, '1.1.0', 'asked');
  const figures: Figure[] = [];
  for (const [minor, way] of ways.entries()) figures.push(...(await benchWay(stage, { setting, files, way, minor: minor + 2 })));
  return figures;
}

interface WayChoice {
  readonly setting: Setting;
  readonly files: number;
  readonly way: Way;
  /** Its tags are 1.minor.x. */
  readonly minor: number;
}

async function benchWay(stage: Stage, { setting, files, way, minor }: WayChoice): Promise<Figure[]> {
  const times: Times = { committed: [], applied: [] };
  const costs = await startCosting(stage);
  for (let round = 1; round <= roundsOf(setting, way); round += 1) {
    const { committed, applied } = await bump(stage, `1.${minor}.${round}`, way);
    times.committed.push(committed);
    times.applied.push(applied);
  }
  return [
    figureOf(describe(files, way, 'committed'), times.committed),
    figureOf(describe(files, way, 'applied'), times.applied, 'ms', await costs()),
  ];
}

const describe = (files: number, way: Way, until: keyof Times) => `a bump among ${files} files, ${way}: tag pushed → ${until}`;

function roundsOf({ quick, subject }: Setting, way: Way): number {
  if (quick) return way === 'webhook' ? 3 : 2;
  return way === 'webhook' && subject === 'tagalong' ? 11 : 5;
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
  await stage.create(kustomizationOf('apps'), ...imageOf(registry.host, 'web'), automationOf('all', './'), ...receiversOf('web'));
  const hasPath = (name: string) => stage.seen.statusOf('Receiver', name)?.webhookPath !== undefined;
  await stage.seen.until('the Receivers', () => hasPath('registry') && hasPath('git'));
  await stage.seen.until('the automation', () => stage.seen.isReady('ImageUpdateAutomation', 'all'), 600_000);
}

/** In milliseconds since the tag was there. */
async function bump(stage: Stage, tag: string, way: Way): Promise<{ committed: number; applied: number }> {
  const before = await stage.head();
  await stage.registry.pushTag('web', tag);
  const start = performance.now();
  const applied = untilDeployed(stage, tag);
  const [committedAt, appliedAt] = await Promise.all([tell(stage, { tag, before, way }), applied]);
  await untilQuiet(stage);
  return { committed: committedAt - start, applied: appliedAt - start };
}

interface Told {
  readonly tag: string;
  /** The head before the bump. */
  readonly before: string;
  readonly way: Way;
}

/** The bot is told once, of the tag; Flux of each hop that waits for an interval otherwise, as soon as the one before it is through. */
async function tell(stage: Stage, told: Told): Promise<number> {
  if (told.way === 'asked') return stage.subject === 'flux' ? askAtEveryHop(stage, told) : askOnce(stage, told);
  await stage.callWebhook('registry');
  const pushed = await untilPushed(stage, told.before);
  if (stage.subject === 'flux') await stage.callWebhook('git');
  return pushed;
}

async function askOnce(stage: Stage, { before }: Told): Promise<number> {
  await stage.ask(imageRepositoryKind, 'web');
  return untilPushed(stage, before);
}

/** As `flux reconcile` would. */
async function askAtEveryHop(stage: Stage, { tag, before }: Told): Promise<number> {
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
