import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  deployment,
  deploymentRef,
  type Home,
  kustomization,
  kustomizationRef,
  type Process,
  readyOf,
  startHome,
  startProcess,
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

const replicas = [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }];
const specOf = async () => (await home.get(deploymentRef('web')))?.['spec'] as { replicas: number };
const change = (patch: object, fieldManager: string) =>
  home.cluster.patch(deploymentRef('web'), patch, { type: 'merge', fieldManager });
const image = (value: string) => ({ spec: { template: { spec: { containers: [{ name: 'app', image: value }] } } } });

/** Another field drifts afterwards: when that is undone, the first change was looked at too. */
async function untilLookedAt(): Promise<void> {
  await change(image('x:hand'), 'somebody');
  await waitUntil('the other field to be undone', async () => JSON.stringify(await specOf()).includes('"x:1"'));
}

test.for(['autoscaler', 'kubectl-edit'])(
  'what %s does to an ignored field stays, also when another field is corrected',
  async (manager) => {
    await home.create(kustomization('app', { ignore: replicas }));
    await waitReady(home, 'app', await home.commit({ 'app/web.yaml': deployment('web', 2) }));
    await change({ spec: { replicas: 7 } }, manager);
    await untilLookedAt();
    expect((await specOf()).replicas).toBe(7);
  },
);

test('an ignored field stays through a commit that changes others, and its own value in git too', async () => {
  await home.create(kustomization('app', { ignore: replicas }));
  await waitReady(home, 'app', await home.commit({ 'app/web.yaml': deployment('web', 2) }));
  await change({ spec: { replicas: 7 } }, 'autoscaler');
  await waitReady(home, 'app', await home.commit({ 'app/web.yaml': deployment('web', 3, 'x:2') }));
  expect(JSON.stringify(await specOf())).toContain('"x:2"');
  expect((await specOf()).replicas).toBe(7);
});

test('an ignored field has the value of git when the object is made', async () => {
  await home.create(kustomization('app', { ignore: replicas }));
  await waitReady(home, 'app', await home.commit({ 'app/web.yaml': deployment('web', 4) }));
  expect((await specOf()).replicas).toBe(4);
});

test('a change of an ignored field asks the API for nothing', async () => {
  await home.create(kustomization('app', { ignore: [{ paths: ['/data/value'] }] }));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }));
  home.clearRequests();
  await home.cluster.patch(configMapRef('a'), { data: { value: 'theirs' } }, { type: 'merge', fieldManager: 'somebody' });
  await home.cluster.delete(configMapRef('b'));
  await waitUntil('b to be back', async () => (await home.get(configMapRef('b'))) !== null);
  expect(home.requests().filter(({ path }) => path.includes('/configmaps/a'))).toEqual([]);
  expect((await home.get(configMapRef('a')))?.['data']).toEqual({ value: 'theirs' });
});

test('without a rule the same change is undone', async () => {
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/web.yaml': deployment('web', 2) }));
  await change({ spec: { replicas: 7 } }, 'somebody');
  await waitUntil('the field to be undone', async () => (await specOf()).replicas === 2);
});

test('a rule that is none fails before anything is applied, and names itself', async () => {
  await home.create(kustomization('app', { ignore: [{ paths: ['spec.replicas'] }] }));
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await waitReason(home, 'app', 'ReconciliationFailed');
  expect((await readyOf(home, 'app'))?.message).toContain("spec.ignore[0].paths[0]: 'spec.replicas' is no JSON pointer");
  expect(await home.get(configMapRef('a'))).toBeNull();
  await home.cluster.patch(kustomizationRef('app'), { spec: { ignore: replicas } }, { type: 'merge', fieldManager: 'test' });
  await waitReady(home, 'app', revision);
});
