import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cluster, TagalongError } from '../../src/core/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  deployment,
  deploymentRef,
  type Home,
  kustomization,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
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

const app = { kind: 'Kustomization', namespace: 'flux-system', name: 'app' };
const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b'), 'app/web.yaml': deployment('web', 2) };
const applies = () => home.requests().filter(({ verb, path }) => verb === 'apply' && !path.includes('/kustomizations/'));
const asKubectl = { type: 'merge', fieldManager: 'kubectl-edit' } as const;
const dataOf = async (name: string) => (await home.get(configMapRef(name)))?.['data'];

async function start() {
  await home.create(kustomization('app'));
  const revision = await home.commit(files);
  await waitReady(home, 'app', revision);
  await waitUntil('quiet', () => running.engine.isIdle());
  home.clearRequests();
  return revision;
}

test('a value changed by hand is put back without the interval, and only that object is sent', async () => {
  await start();
  await home.cluster.patch(configMapRef('a'), { data: { value: 'mine' } }, asKubectl);
  await waitUntil('it to be undone', async () => JSON.stringify(await dataOf('a')) === '{"value":"1"}');
  await waitUntil('quiet', () => running.engine.isIdle());
  expect(new Set(applies().map(({ path }) => path.replace(/\?.*/, '')))).toEqual(
    new Set(['/api/v1/namespaces/default/configmaps/a']),
  );
});

test('a field added by kubectl is removed', async () => {
  await start();
  await home.cluster.patch(configMapRef('a'), { data: { extra: 'x' } }, asKubectl);
  await waitUntil('it to be undone', async () => JSON.stringify(await dataOf('a')) === '{"value":"1"}');
});

test('kubectl scale is undone', async () => {
  await start();
  await home.cluster.patch(deploymentRef('web'), { spec: { replicas: 7 } }, { ...asKubectl, subresource: 'scale' });
  await waitUntil('it to be undone', async () => {
    const spec = (await home.get(deploymentRef('web')))?.['spec'] as { replicas?: number };
    return spec.replicas === 2;
  });
});

test('a deleted object comes back', async () => {
  await start();
  await home.cluster.delete(configMapRef('a'));
  await waitUntil('it to be back', async () => (await home.get(configMapRef('a'))) !== null);
});

test('a removed owner label comes back', async () => {
  await start();
  await home.cluster.patch(configMapRef('a'), { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': null } } }, asKubectl);
  await waitUntil('it to be back', async () => {
    const labels = (await home.get(configMapRef('a')))?.metadata.labels;
    return labels?.['kustomize.toolkit.fluxcd.io/name'] === 'app';
  });
});

test('what others own, status, and messages in annotations are no drift', async () => {
  await start();
  const before = running.runs.length;
  const theirs = { type: 'merge', fieldManager: 'their-controller' } as const;
  await home.cluster.patch(configMapRef('a'), { data: { theirs: 'x' } }, theirs);
  await home.cluster.patch(deploymentRef('web'), { status: { replicas: 2 } }, { ...theirs, subresource: 'status' });
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
  await home.cluster.patch(configMapRef('b'), { metadata: { annotations } }, { type: 'merge', fieldManager: 'kubectl-annotate' });
  // A real drift afterwards proves that the watch has told of all of the above.
  await home.cluster.delete(configMapRef('b'));
  await waitUntil('the deleted one to be back', async () => (await home.get(configMapRef('b'))) !== null);
  await waitUntil('quiet', () => running.engine.isIdle());
  expect(running.runs.slice(before).flatMap(({ because }) => because)).toEqual([
    expect.stringContaining('drift of ConfigMap/default/b'),
  ]);
  expect(await dataOf('a')).toEqual({ value: '1', theirs: 'x' });
});

test('while nothing drifts, nothing is asked', async () => {
  await start();
  const before = running.runs.length;
  running.engine.wake(app, 'test');
  await waitUntil('the run', () => running.runs.length > before);
  expect(home.requests().filter(({ path }) => /configmaps|deployments/.test(path))).toEqual([]);
});

test('a field that somebody insists on is left to the interval after three corrections, with one event that names it', async () => {
  await start();
  const insist = async () => {
    await home.cluster
      .apply(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data: { value: 'theirs' } },
        { fieldManager: 'rival', force: true },
      )
      .catch(() => {});
  };
  for (let round = 0; round < 3; round += 1) {
    await insist();
    await waitUntil('it to be undone', async () => JSON.stringify(await dataOf('a')) === '{"value":"1"}');
  }
  await insist();
  const events = async () =>
    (await home.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'flux-system' })).items.filter(
      (event) => event['reason'] === 'DriftContested',
    );
  await waitUntil('the event', async () => (await events()).length > 0);
  await insist();
  await waitUntil('quiet', () => running.engine.isIdle());
  expect(await dataOf('a')).toEqual({ value: 'theirs' });
  expect(await events()).toHaveLength(1);
  expect((await events())[0]?.['message']).toMatch(/data\.value.*rival.*spec\.ignore/);
});

test('after a restart what is in the state folder is compared with a listing, and nothing is sent', async () => {
  const revision = await start();
  await running.kill();
  home.clearRequests();
  running = await startProcess(home);
  await waitUntil('its first run', () => running.runs.length > 0);
  await waitReady(home, 'app', revision);
  expect(applies()).toEqual([]);
  expect(home.requests().filter(({ verb, path }) => verb === 'get' && /configmaps|deployments/.test(path))).toEqual([]);
});

test('a drift while the process was away is found at the start', async () => {
  await start();
  await running.kill();
  await home.cluster.patch(configMapRef('a'), { data: { value: 'mine' } }, asKubectl);
  await home.cluster.delete(configMapRef('b'));
  running = await startProcess(home);
  await waitUntil('it to be undone', async () => JSON.stringify(await dataOf('a')) === '{"value":"1"}');
  await waitUntil('it to be back', async () => (await home.get(configMapRef('b'))) !== null);
});

test('without the state folder one dry run for each object decides, and what is as it should be is not written', async () => {
  const revision = await start();
  await running.kill();
  const versions = async () => [
    (await home.get(configMapRef('a')))?.metadata.resourceVersion,
    (await home.get(deploymentRef('web')))?.metadata.resourceVersion,
  ];
  const before = await versions();
  home.clearRequests();
  const store = { read: async () => null, write: async () => {}, delete: async () => {}, list: async () => [] };
  running = await startProcess(home, { store });
  await waitUntil('its first run', () => running.runs.length > 0);
  await waitReady(home, 'app', revision);
  expect(applies()).toHaveLength(3);
  expect(applies().every(({ path }) => path.includes('dryRun=All'))).toBe(true);
  expect(await versions()).toEqual(before);
});

test('a kind that must not be watched is looked at with a dry run when somebody asks, and that is said', async () => {
  await running.kill();
  const refuse = (cluster: Cluster): Cluster => ({
    ...cluster,
    watch: (kind, options, observer) =>
      kind.kind === 'ConfigMap'
        ? Promise.reject(new TagalongError('FORBIDDEN', 'configmaps is forbidden'))
        : cluster.watch(kind, options, observer),
  });
  running = await startProcess(home, { wrap: refuse });
  await start();
  const events = async () =>
    (await home.cluster.list({ group: '', version: 'v1', kind: 'Event' }, { namespace: 'flux-system' })).items;
  await waitUntil('the event', async () =>
    (await events()).some((event) => String(event['message']).includes('ConfigMap in default: configmaps is forbidden')),
  );
  await home.cluster.patch(configMapRef('a'), { data: { value: 'mine' } }, asKubectl);
  const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
  const ref = {
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'app',
  };
  await home.cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
  await waitUntil('it to be undone', async () => JSON.stringify(await dataOf('a')) === '{"value":"1"}');
  await waitUntil('the answer', async () => (await statusOf(home, 'app'))?.lastHandledReconcileAt === 'now');
});

test('replicas of an autoscaler’s target are the autoscaler’s', async () => {
  const autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: default}
spec:
  maxReplicas: 9
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
`;
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ ...files, 'app/hpa.yaml': autoscaler }));
  await home.cluster.patch(
    deploymentRef('web'),
    { spec: { replicas: 7 } },
    { type: 'merge', fieldManager: 'kube-controller-manager', subresource: 'scale' },
  );
  const revision = await home.commit({ ...files, 'app/web.yaml': deployment('web', 2, 'x:2'), 'app/hpa.yaml': autoscaler });
  await waitReady(home, 'app', revision);
  const spec = (await home.get(deploymentRef('web')))?.['spec'];
  expect(spec).toMatchObject({ replicas: 7, template: { spec: { containers: [{ image: 'x:2' }] } } });
});
