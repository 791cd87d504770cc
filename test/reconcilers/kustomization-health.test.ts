import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  deployment,
  deploymentRef,
  type Home,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;

beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const conditionOf = async (name: string, type: string) =>
  (await statusOf(home, name))?.conditions?.find((one) => one.type === type);

/** What the Deployment controller would write. */
async function rollOut(name: string): Promise<void> {
  const generation = (await home.get(deploymentRef(name)))?.metadata.generation;
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const conditions = [
    { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
    { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
  ];
  await writeStatus(name, { observedGeneration: generation, ...counts, conditions });
}

async function fail(name: string): Promise<void> {
  const generation = (await home.get(deploymentRef(name)))?.metadata.generation;
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'stuck' }];
  await writeStatus(name, { observedGeneration: generation, replicas: 1, conditions });
}

function writeStatus(name: string, status: object) {
  const options = { type: 'merge', subresource: 'status', fieldManager: 'kube-controller-manager' } as const;
  return home.cluster.patch(deploymentRef(name), { status }, options);
}

const waiting = (name: string) =>
  waitUntil('the wait', async () => (await conditionOf(name, 'Healthy'))?.status === 'Unknown', { timeoutMs: 10_000 });

test('with wait, a revision counts as applied only once its objects are healthy, and the change itself tells', async () => {
  await home.create(kustomization('app', { wait: true }));
  const revision = await home.commit({ 'app/a.yaml': configMap('a'), 'app/web.yaml': deployment('web') });
  await waiting('app');
  expect((await statusOf(home, 'app'))?.lastAppliedRevision).toBeUndefined();
  const text = /^Running health checks for revision .* with a timeout of 59m30s$/;
  await waitUntil('the message', async () => text.test((await conditionOf('app', 'Reconciling'))?.message ?? ''));
  // The run ends right after its last status write.
  const runs = () => running.engine.depths().find(({ kind }) => kind === 'Kustomization')?.running;
  await waitUntil('the wait to hold no worker', async () => runs() === 0);
  await rollOut('web');
  await waitReady(home, 'app', revision);
  expect(await conditionOf('app', 'Healthy')).toMatchObject({
    status: 'True',
    reason: 'Succeeded',
    message: expect.stringMatching(/^Health check passed in /),
  });
});

test('an object that failed ends the wait early, with its name', async () => {
  await home.create(kustomization('app', { wait: true }));
  await home.commit({ 'app/web.yaml': deployment('web') });
  await waiting('app');
  await fail('web');
  const ready = await waitReason(home, 'app', 'HealthCheckFailed');
  expect(ready?.message).toMatch(
    /^health check failed after .*: failed early due to stalled resources: \[Deployment\/default\/web status: 'Failed'\]$/,
  );
  expect(await conditionOf('app', 'Healthy')).toMatchObject({ status: 'False', message: expect.stringMatching(/^failed early/) });
});

test('what failed and then comes right is ready without the interval', async () => {
  await home.create(kustomization('app', { wait: true }));
  const revision = await home.commit({ 'app/web.yaml': deployment('web') });
  await waiting('app');
  await fail('web');
  await waitReason(home, 'app', 'HealthCheckFailed');
  await rollOut('web');
  await waitReady(home, 'app', revision);
});

test('a newer revision ends the wait for an older one', async () => {
  await home.create(kustomization('app', { wait: true }));
  await home.commit({ 'app/web.yaml': deployment('web', 1, 'x:broken') });
  await waiting('app');
  const revision = await home.commit({ 'app/web.yaml': deployment('web', 1, 'x:good') });
  await waitUntil('the new image', async () =>
    JSON.stringify((await home.get(deploymentRef('web')))?.['spec']).includes('x:good'),
  );
  await rollOut('web');
  await waitReady(home, 'app', revision);
});

test('healthChecks name objects that somebody else applies', async () => {
  await home.create(
    kustomization('app', { healthChecks: [{ kind: 'Deployment', name: 'theirs', namespace: 'default' }], timeout: '1h' }),
  );
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await waiting('app');
  await home.cluster.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'theirs', namespace: 'default' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'x' } },
        template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'x' }] } },
      },
    },
    { fieldManager: 'them', force: true },
  );
  await rollOut('theirs');
  await waitReady(home, 'app', revision);
});

test('a Kustomization that depends on a waiting one starts when that is healthy', async () => {
  await home.create(kustomization('app', { wait: true }));
  await home.create(kustomization('next', { dependsOn: [{ name: 'app' }] }));
  const revision = await home.commit({ 'app/web.yaml': deployment('web'), 'next/a.yaml': configMap('a') });
  await waiting('app');
  expect((await conditionOf('next', 'Ready'))?.reason).toBe('DependencyNotReady');
  await rollOut('web');
  await waitReady(home, 'next', revision);
});

test('a healthy Kustomization that runs again without news asks for nothing', async () => {
  await home.create(kustomization('app', { wait: true }));
  const revision = await home.commit({ 'app/web.yaml': deployment('web') });
  await waiting('app');
  await rollOut('web');
  await waitReady(home, 'app', revision);
  await waitUntil('quiet', () => running.engine.isIdle());
  home.clearRequests();
  const before = running.runs.length;
  running.engine.wake({ kind: 'Kustomization', namespace: 'flux-system', name: 'app' }, 'test');
  await waitUntil('the run', () => running.runs.length > before);
  expect(home.requests().filter(({ path }) => path.includes('deployments'))).toEqual([]);
  expect((await conditionOf('app', 'Ready'))?.status).toBe('True');
});

test('without wait and healthChecks there is no condition Healthy', async () => {
  await home.create(kustomization('app', { wait: true }));
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await waitReady(home, 'app', revision);
  expect(await conditionOf('app', 'Healthy')).toBeDefined();
  await home.cluster.patch(kustomizationRef('app'), { spec: { wait: false } }, { type: 'merge' });
  await waitUntil('it to go', async () => (await conditionOf('app', 'Healthy')) === undefined);
});

test('a look that finds what the one before found writes nothing, and moves no time of a condition', async () => {
  await home.create(kustomization('app', { wait: true }));
  await home.commit({ 'app/web.yaml': deployment('web') });
  await waiting('app');
  await waitUntil('quiet', () => running.engine.isIdle());
  const before = (await statusOf(home, 'app'))?.conditions;
  expect(before?.find(({ type }) => type === 'Ready')?.message).toBe('Reconciliation in progress');
  home.clearRequests();
  const looks = running.runs.length;
  const generation = (await home.get(deploymentRef('web')))?.metadata.generation;
  const conditions = [{ type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable' }];
  await writeStatus('web', { observedGeneration: generation, replicas: 1, conditions });
  await waitUntil('another look', () => running.runs.length > looks, { timeoutMs: 10_000 });
  await waitUntil('quiet', () => running.engine.isIdle());
  const again = (await statusOf(home, 'app'))?.conditions;
  const settled = (list: typeof before) => list?.filter(({ type }) => type !== 'Healthy');
  expect(settled(again)).toEqual(settled(before));
  const statusWrites = home
    .requests()
    .filter(({ verb, path }) => verb === 'patch' && path.includes('/kustomizations/app/status'));
  // What is not healthy, and in which way, may have changed; nothing else is told.
  expect(statusWrites.length).toBeLessThanOrEqual(1);
});
