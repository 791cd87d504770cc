import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  deployment,
  type Home,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;

beforeEach(async () => {
  home = await startHome({ simulateWorkloads: true });
  running = await startProcess(home);
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const tenant = 'system:serviceaccount:flux-system:tenant';
const account = (name: string) =>
  ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'flux-system' } }) as KubeObject;
/** Users of all requests about objects that are applied. */
const users = () =>
  new Set(
    home
      .requests()
      .filter(({ path }) => /\/(configmaps|deployments)(\/|$|\?)/.test(path) && !path.includes('reconcile.fluxcd.io'))
      .map(({ impersonatedUser }) => impersonatedUser ?? 'the bot'),
  );

async function setData(name: string, value: string): Promise<void> {
  await home.cluster.patch(configMapRef(name), { data: { value } }, { type: 'merge', fieldManager: 'somebody' });
}

test('every request about the objects is made as the account: apply, health, drift, prune, deletion', async () => {
  await home.create(account('tenant'));
  home.clearRequests();
  const first = await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b'), 'app/w.yaml': deployment('w') });
  await home.create(kustomization('app', { serviceAccountName: 'tenant', wait: true }));
  await waitReady(home, 'app', first);
  await setData('a', 'by hand');
  await waitUntil('the drift to be undone', async () =>
    JSON.stringify((await home.get(configMapRef('a')))?.['data']).includes('"1"'),
  );
  const second = await home.commit({ 'app/a.yaml': configMap('a', '2'), 'app/w.yaml': deployment('w') });
  await waitReady(home, 'app', second);
  expect(await home.get(configMapRef('b'))).toBeNull();
  await home.cluster.delete(kustomizationRef('app'));
  await waitUntil('the objects to go', async () => (await home.get(configMapRef('a'))) === null);
  await waitUntil('the Kustomization to go', async () => (await home.get(kustomizationRef('app'))) === null);
  expect(users()).toEqual(new Set([tenant]));
});

test('requests for another Kustomization, and about Kustomizations themselves, are the bot’s own', async () => {
  await home.create(account('tenant'));
  const revision = await home.commit({ 'app/a.yaml': configMap('a'), 'own/b.yaml': configMap('b') });
  await home.create(kustomization('app', { serviceAccountName: 'tenant' }));
  await waitReady(home, 'app', revision);
  home.clearRequests();
  await home.create(kustomization('own'));
  await waitReady(home, 'own', revision);
  expect(users()).toEqual(new Set(['the bot']));
  const own = home.requests().filter(({ path }) => path.includes('/kustomizations/'));
  expect(own.every(({ impersonatedUser }) => impersonatedUser === undefined)).toBe(true);
});

test('with another account the objects are looked at anew, as that one', async () => {
  await home.create(account('tenant'));
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await home.create(kustomization('app'));
  await waitReady(home, 'app', revision);
  home.clearRequests();
  await home.cluster.patch(
    kustomizationRef('app'),
    { spec: { serviceAccountName: 'tenant' } },
    { type: 'merge', fieldManager: 'test' },
  );
  await waitUntil('the new spec', async () => (await statusOf(home, 'app'))?.observedGeneration === 2);
  await setData('a', 'by hand');
  await waitUntil('the drift to be undone', async () =>
    JSON.stringify((await home.get(configMapRef('a')))?.['data']).includes('"1"'),
  );
  expect(users()).toEqual(new Set([tenant]));
});

test('without its account a Kustomization goes, and its objects stay, named in an event', async () => {
  await home.create(account('tenant'));
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await home.create(kustomization('app', { serviceAccountName: 'tenant' }));
  await waitReady(home, 'app', revision);
  await home.cluster.delete({ group: '', version: 'v1', kind: 'ServiceAccount', namespace: 'flux-system', name: 'tenant' });
  await home.cluster.delete(kustomizationRef('app'));
  await waitUntil('the Kustomization to go', async () => (await home.get(kustomizationRef('app'))) === null);
  expect(await home.get(configMapRef('a'))).not.toBeNull();
  const told = async () =>
    (await home.cluster.list({ group: '', version: 'v1', kind: 'Event' })).items.map((event) => event['message']);
  await waitUntil('the event', async () =>
    (await told()).some((text) => /unable to prune objects:.*ConfigMap\/default\/a/s.test(String(text))),
  );
});
