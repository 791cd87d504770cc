import { requestedAtAnnotation } from '../src/api/index.ts';
import { kustomizationKind } from '../src/api/kustomization.ts';
import { join, type Measured, measure } from './delivery-figure.ts';
import { type ApiChoice, type DeliveryStage, kustomizationOf, namespace, readyOf, startDeliveryStage } from './delivery-stage.ts';
import { figureOf } from './measure.ts';

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  value: "${value}"\n`;

const deployment = (name: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "x:1"}]}
`;

const numbered = (count: number) => Array.from({ length: count }, (_, index) => index);

/** One Kustomization of so many ConfigMaps: first apply, nothing to do, a change by hand, a commit of one object. */
export async function benchOneKustomization(api: ApiChoice, objects = 1000): Promise<Measured> {
  await using stage = await startDeliveryStage(api);
  const of = `${objects} ConfigMaps`;
  await stage.write(Object.fromEntries(numbered(objects).map((index) => [`app/c${index}.yaml`, configMap(`c${index}`, '0')])));
  await stage.clone.commitAndPush('objects');
  await stage.announce();
  await untilSource(stage);
  const revision = await stage.sourceRevision();
  const applied = (at: string) => stage.until(`app at ${at}`, (all) => all.get('app')?.status?.lastAppliedRevision === at);
  const first = await measure(`first apply of ${of}`, stage, {
    rounds: 1,
    async run() {
      const start = performance.now();
      await stage.create(kustomizationOf('app'));
      return (await applied(revision)) - start;
    },
  });
  const nothing = await measure(`asked reconcile with nothing changed, ${of}`, stage, {
    rounds: 5,
    run: (round) => ask(stage, round),
  });
  const drift = await measure(`a change by hand → undone, ${of}`, stage, {
    rounds: 5,
    run: (round) => changeByHand(stage, round),
  });
  const commit = await measure(`a commit of one changed object among ${of} → applied`, stage, {
    rounds: 5,
    async run(round) {
      await stage.write({ 'app/c7.yaml': configMap('c7', `commit ${round}`) });
      await stage.clone.commitAndPush('one object');
      const start = await stage.announce();
      return (await applied(await stage.sourceRevision())) - start;
    },
  });
  return join([first, nothing, drift, commit]);
}

async function untilSource(stage: DeliveryStage): Promise<void> {
  const revision = await stage.sourceRevision();
  for (;;) {
    const found = await stage.cluster.get({
      group: 'source.toolkit.fluxcd.io',
      version: 'v1',
      kind: 'GitRepository',
      namespace,
      name: 'repo',
    });
    const status = found?.['status'] as { artifact?: { revision?: string } } | undefined;
    if (status?.artifact?.revision === revision) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function ask(stage: DeliveryStage, round: number): Promise<number> {
  const token = `ask ${round}`;
  const start = performance.now();
  const ref = { ...kustomizationKind, namespace, name: 'app' };
  const metadata = { annotations: { [requestedAtAnnotation]: token } };
  await stage.cluster.patch(ref, { metadata }, { type: 'merge', fieldManager: 'bench' });
  const isDone = (all: Parameters<Parameters<DeliveryStage['until']>[1]>[0]) => {
    const app = all.get('app');
    return app?.status?.lastHandledReconcileAt === token && readyOf(app) === 'True';
  };
  return (await stage.until('the reconcile', isDone)) - start;
}

async function changeByHand(stage: DeliveryStage, round: number): Promise<number> {
  const stopping = new AbortController();
  const { promise: undone, resolve } = Promise.withResolvers<number>();
  const { promise: watching, resolve: started } = Promise.withResolvers<void>();
  let isChanged = false;
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap' };
  const name = `c${round + 100}`;
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
  const end = await undone;
  stopping.abort();
  return end - start;
}

const kustomizations = 200;
const sickEvery = 10;
const commitEveryMs = 10_000;

/** Many Kustomizations on one source, a tenth never healthy, a commit every ten seconds: how late the last healthy one is. */
export async function benchManyOnOneSource(api: ApiChoice, rounds = 4): Promise<Measured> {
  await using stage = await startDeliveryStage(api);
  const names = numbered(kustomizations).map((index) => `k${index}`);
  const isSick = (name: string) => Number(name.slice(1)) % sickEvery === 0;
  const files = (round: number) =>
    Object.fromEntries(names.map((name) => [`${name}/a.yaml`, isSick(name) ? deployment(name) : configMap(name, `${round}`)]));
  await stage.write(files(0));
  await stage.clone.commitAndPush('objects');
  await stage.announce();
  await untilSource(stage);
  for (const name of names) await stage.create(kustomizationOf(name, { wait: true, timeout: '1m' }));
  const healthy = names.filter((name) => !isSick(name));
  const allAt = (revision: string) =>
    stage.until('all healthy ones', (all) => healthy.every((name) => all.get(name)?.status?.lastAppliedRevision === revision));
  await allAt(await stage.sourceRevision());
  return await measure(
    `${kustomizations} Kustomizations, a tenth never healthy: a commit that changes each → the last healthy one`,
    stage,
    {
      rounds,
      async run(round) {
        await stage.write(files(round + 1));
        await stage.clone.commitAndPush(`round ${round}`);
        const start = await stage.announce();
        const end = await allAt(await stage.sourceRevision());
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, commitEveryMs - (end - start))));
        return end - start;
      },
    },
  );
}

const restMs = 60_000;
/** Until the last events are written and memory was given back. */
const settleMs = 45_000;

/** Ten thousand objects of a hundred Kustomizations that nobody touches: memory, and the part of a core. */
export async function benchAtRest(api: ApiChoice, objects = 10_000): Promise<Measured> {
  await using stage = await startDeliveryStage(api);
  const names = numbered(100).map((index) => `k${index}`);
  const each = objects / names.length;
  for (const name of names)
    await stage.write(
      Object.fromEntries(numbered(each).map((index) => [`${name}/${index}.yaml`, configMap(`${name}-${index}`, 'x')])),
    );
  await stage.clone.commitAndPush('objects');
  await stage.announce();
  await untilSource(stage);
  const start = performance.now();
  for (const name of names) await stage.create(kustomizationOf(name, { interval: '10m' }));
  const end = await stage.until('all of them', (all) => names.every((name) => readyOf(all.get(name)) === 'True'), 600_000);
  const applied = await stage.usage();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const before = await stage.usage();
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const after = await stage.usage();
  const share = ((after.cpuSeconds - before.cpuSeconds) / (restMs / 1000)) * 100;
  const what = `${objects} objects over ${names.length} Kustomizations`;
  return {
    figures: [
      figureOf(`${what}: first apply`, [end - start]),
      figureOf(`${what}: resident memory right after`, [applied.residentMiB], 'MiB'),
      figureOf(`${what}: resident memory at rest`, [after.residentMiB], 'MiB'),
      figureOf(`${what}: of a core at rest`, [share], '%'),
    ],
    notes: [],
  };
}
