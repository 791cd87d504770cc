import { kustomizationKind } from '../src/api/index.ts';
import { growthThrough } from './growth.ts';
import { join, type Measured, measure, type Setting } from './scenario.ts';
import { type Stage, startStage } from './stage.ts';
import { configMap, deployment, kustomizationOf } from './stage-objects.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Kustomizations of several sizes: first apply, nothing to do, a change by hand, a commit of one object. */
export async function benchApply(setting: Setting): Promise<Measured> {
  const sizes = setting.quick ? [10, 100, 1_000] : setting.subject === 'flux' ? [100, 1_000] : [100, 1_000, 10_000];
  const parts: Measured[] = [];
  for (const objects of sizes) parts.push(await benchOneKustomization(setting, objects));
  const firsts = parts.flatMap(({ figures }) => figures.slice(0, 1));
  const nothings = parts.flatMap(({ figures }) => figures.slice(1, 2));
  const growth = [
    growthThrough('first apply, by objects', sizes, firsts),
    growthThrough('reconcile with nothing changed, by objects', sizes, nothings),
  ];
  return { ...join(parts), growth: sizes.length < 2 ? [] : growth };
}

async function benchOneKustomization(setting: Setting, objects: number): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'kustomize']);
  const of = `${objects} ConfigMaps`;
  const rounds = setting.quick ? 3 : 5;
  stage.write(Object.fromEntries(numbered(objects).map((index) => [`app/c${index}.yaml`, configMap(`c${index}`, '0')])));
  await stage.commit('objects');
  await stage.announce();
  await untilSource(stage);
  const revision = await stage.sourceRevision();
  const applied = (at: string) =>
    stage.seen.until(`app at ${at}`, () => stage.seen.statusOf('Kustomization', 'app')?.lastAppliedRevision === at, 600_000);
  const first = await measure(`first apply of ${of}`, stage, {
    rounds: 1,
    async run() {
      const start = performance.now();
      await stage.create(kustomizationOf('app'));
      return (await applied(revision)) - start;
    },
  });
  const nothing = await measure(`asked reconcile with nothing changed, ${of}`, stage, { rounds, run: () => askApp(stage) });
  const commit = await measure(`a commit of one changed object among ${of} → applied`, stage, {
    rounds,
    async run(round) {
      stage.write({ 'app/c7.yaml': configMap('c7', `commit ${round}`) });
      await stage.commit('one object');
      const start = await stage.announce();
      return (await applied(await stage.sourceRevision())) - start;
    },
  });
  const asked = await measure(`a change by hand, asked for at once → undone, ${of}`, stage, {
    rounds,
    run: (round) => changeByHand(stage, `c${round}`, () => stage.ask(kustomizationKind, 'app')),
  });
  if (setting.subject === 'flux') return join([first, nothing, commit, asked, { figures: [], notes: [waitsForInterval] }]);
  const drift = await measure(`a change by hand, nobody asks → undone, ${of}`, stage, {
    rounds,
    run: (round) => changeByHand(stage, `c${rounds + round}`, async () => undefined),
  });
  return join([first, nothing, commit, asked, drift]);
}

const waitsForInterval = 'a change by hand that nobody asks about stays until the interval of the Kustomization (1 h here)';

export async function untilSource(stage: Stage): Promise<void> {
  const revision = await stage.sourceRevision();
  await stage.seen.until('the source', () => stage.seen.statusOf('GitRepository', 'repo')?.artifact?.revision === revision);
}

async function askApp(stage: Stage): Promise<number> {
  const start = performance.now();
  const token = await stage.ask(kustomizationKind, 'app');
  const isDone = () =>
    stage.seen.statusOf('Kustomization', 'app')?.lastHandledReconcileAt === token && stage.seen.isReady('Kustomization', 'app');
  return (await stage.seen.until('the reconcile', isDone)) - start;
}

async function changeByHand(stage: Stage, name: string, afterwards: () => Promise<unknown>): Promise<number> {
  const stopping = new AbortController();
  const { promise: undone, resolve } = Promise.withResolvers<number>();
  const { promise: watching, resolve: started } = Promise.withResolvers<void>();
  let isChanged = false;
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap' };
  const options = { namespace: 'default', fieldSelector: `metadata.name=${name}`, signal: stopping.signal };
  void stage.cluster.watch(configMaps, options, (event) => {
    if (event.type === 'synced') return started();
    const { value } = (event.object['data'] ?? {}) as { value?: string };
    if (value === 'by hand') isChanged = true;
    else if (isChanged) resolve(performance.now());
  });
  await watching;
  const start = performance.now();
  const ref = { ...configMaps, namespace: 'default', name };
  await stage.cluster.patch(ref, { data: { value: 'by hand' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
  await afterwards();
  const end = await undone;
  stopping.abort();
  return end - start;
}

const kustomizations = 200;
const sickEvery = 10;
const commitEveryMs = 10_000;

/** Many Kustomizations on one source, a tenth never healthy, a commit every ten seconds: how late the last healthy one is. */
export async function benchManyOnOneSource(setting: Setting): Promise<Measured> {
  await using stage = await startStage(setting, ['source', 'kustomize']);
  const names = numbered(kustomizations).map((index) => `k${index}`);
  const isSick = (name: string) => Number(name.slice(1)) % sickEvery === 0;
  const files = (round: number) =>
    Object.fromEntries(names.map((name) => [`${name}/a.yaml`, isSick(name) ? deployment(name) : configMap(name, `${round}`)]));
  stage.write(files(0));
  await stage.commit('objects');
  await stage.announce();
  await untilSource(stage);
  for (const name of names) await stage.create(kustomizationOf(name, { wait: true, timeout: '1m' }));
  const healthy = names.filter((name) => !isSick(name));
  const isAt = (name: string, revision: string) => stage.seen.statusOf('Kustomization', name)?.lastAppliedRevision === revision;
  const allAt = (revision: string) => stage.seen.until('all healthy ones', () => healthy.every((name) => isAt(name, revision)));
  await allAt(await stage.sourceRevision());
  const what = `${kustomizations} Kustomizations, a tenth never healthy: a commit that changes each → the last healthy one`;
  return await measure(what, stage, {
    rounds: 4,
    async run(round) {
      stage.write(files(round + 1));
      await stage.commit(`round ${round}`);
      const start = await stage.announce();
      const end = await allAt(await stage.sourceRevision());
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, commitEveryMs - (end - start))));
      return end - start;
    },
  });
}
