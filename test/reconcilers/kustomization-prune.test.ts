import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Files,
  type Home,
  idsOf,
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

const many = (folder: string, count: number, from = 0): Files =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${folder}/${from + index}.yaml`, configMap(`m${from + index}`)]),
  );

const uidOf = async (name: string) => (await home.get(configMapRef(name)))?.metadata.uid;
const confirm = (value: string) =>
  home.cluster.patch(
    kustomizationRef('app'),
    { metadata: { annotations: { 'tagalong.dev/confirm-prune': value } } },
    { type: 'merge' },
  );
const valueIn = (message: string | undefined) => /confirm-prune: (\S+)/.exec(message ?? '')?.[1] ?? '';

test('an object that moves to another Kustomization of the source is handed over, in whatever order they run', async () => {
  await home.create(kustomization('one'));
  await home.create(kustomization('two'));
  const files = { 'one/a.yaml': configMap('a'), 'two/b.yaml': configMap('b'), 'one/moved.yaml': configMap('moved') };
  const first = await home.commit(files);
  await Promise.all([waitReady(home, 'one', first), waitReady(home, 'two', first)]);
  const uid = await uidOf('moved');
  const second = await home.commit({
    'one/a.yaml': configMap('a'),
    'two/b.yaml': configMap('b'),
    'two/moved.yaml': configMap('moved'),
  });
  await Promise.all([waitReady(home, 'one', second), waitReady(home, 'two', second)]);
  expect(await uidOf('moved')).toBe(uid);
  expect((await home.get(configMapRef('moved')))?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name']).toBe('two');
  expect(idsOf(await statusOf(home, 'one'))).toEqual(['default_a__ConfigMap']);
});

test('what a neighbour renders that waits for its dependency is handed over too', async () => {
  await home.create(kustomization('one'));
  const first = await home.commit({ 'one/a.yaml': configMap('a'), 'one/moved.yaml': configMap('moved') });
  await waitReady(home, 'one', first);
  const uid = await uidOf('moved');
  await home.create(kustomization('two', { dependsOn: [{ name: 'nobody' }] }));
  await waitReady(home, 'one', await home.commit({ 'one/a.yaml': configMap('a'), 'two/moved.yaml': configMap('moved') }));
  expect(await uidOf('moved')).toBe(uid);
});

test.for([
  { because: 'is suspended', spec: { suspend: true }, files: {} },
  { because: 'cannot be built any more', spec: {}, files: { 'two/b.yaml': 'a: [' } },
])('what a neighbour owned that $because stays', async ({ spec, files }) => {
  await home.create(kustomization('two'));
  const both = { 'one/a.yaml': configMap('a'), 'two/b.yaml': configMap('shared') };
  await waitReady(home, 'two', await home.commit(both));
  // It claims the object while the other one's status still has it, as after a move that went half way.
  await home.create(kustomization('one'));
  const claimed = await home.commit({ ...both, 'one/shared.yaml': configMap('shared') });
  await waitReady(home, 'one', claimed);
  await home.cluster.patch(kustomizationRef('two'), { spec }, { type: 'merge' });
  const uid = await uidOf('shared');
  await waitReady(home, 'one', await home.commit({ ...both, ...files }));
  expect(await uidOf('shared')).toBe(uid);
});

test('a renamed Kustomization moves its objects', async () => {
  await home.create(kustomization('old', { path: './app' }));
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await waitReady(home, 'old', revision);
  const uid = await uidOf('a');
  await home.create(kustomization('new', { path: './app' }));
  await home.cluster.delete(kustomizationRef('old'));
  await waitUntil('old to be gone', async () => (await home.get(kustomizationRef('old'))) === null);
  await waitReady(home, 'new', revision);
  expect(await uidOf('a')).toBe(uid);
  expect((await home.get(configMapRef('a')))?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name']).toBe('new');
});

test('losing most of many objects waits for a confirmation that holds for that revision and set', async () => {
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(many('app', 12)));
  await home.commit(many('app', 2));
  const asked = await waitReason(home, 'app', 'PruneUnconfirmed');
  expect(asked?.message).toMatch(
    /10 of 12 objects would be deleted \(ConfigMap\/default\/m9, .*tagalong confirm prune app -n flux-system/,
  );
  expect(idsOf(await statusOf(home, 'app'))).toHaveLength(12);
  const other = await home.commit(many('app', 3));
  await waitUntil('another question', async () => {
    const ready = (await statusOf(home, 'app'))?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.message.includes('9 of 12') ?? false;
  });
  await confirm(valueIn(asked?.message));
  await waitUntil('the old answer to be looked at', () =>
    running.runs.some(({ because }) => because.includes('annotation changed')),
  );
  expect(await home.get(configMapRef('m9'))).not.toBeNull();
  const again = await waitReason(home, 'app', 'PruneUnconfirmed');
  await confirm(valueIn(again?.message));
  await waitReady(home, 'app', other);
  expect(await home.get(configMapRef('m9'))).toBeNull();
  expect(idsOf(await statusOf(home, 'app'))).toHaveLength(3);
});

test('replacing all objects by others of new kinds stays unconfirmed however often it runs', async () => {
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(many('app', 10)));
  const secrets = Object.fromEntries(
    Object.entries(many('app', 10)).map(([path, text]) => [
      path,
      text.replace('ConfigMap', 'Secret').replace('\ndata:', '\nstringData:'),
    ]),
  );
  await home.commit(secrets);
  await waitReason(home, 'app', 'PruneUnconfirmed');
  const before = running.runs.length;
  running.engine.wake({ kind: 'Kustomization', namespace: 'flux-system', name: 'app' }, 'test');
  await waitUntil('another run', () => running.runs.length > before);
  expect(await home.get(configMapRef('m0'))).not.toBeNull();
});

test('a namespace that holds something of others waits for a confirmation', async () => {
  await home.create(kustomization('app'));
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n';
  const own = configMap('own').replace('namespace: default', 'namespace: team');
  const rest = many('app', 3);
  await waitReady(home, 'app', await home.commit({ ...rest, 'app/ns.yaml': namespace, 'app/own.yaml': own }));
  await home.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'team' } } as KubeObject);
  const revision = await home.commit(rest);
  const asked = await waitReason(home, 'app', 'PruneUnconfirmed');
  expect(asked?.message).toContain('Namespace/team still holds 1 ConfigMap');
  await home.cluster.delete({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'team', name: 'theirs' });
  running.engine.wake({ kind: 'Kustomization', namespace: 'flux-system', name: 'app' }, 'test');
  await waitReady(home, 'app', revision);
});

test('an object whose owner labels name somebody else is not deleted', async () => {
  await home.create(kustomization('app'));
  const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') };
  await waitReady(home, 'app', await home.commit(files));
  await running.kill();
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'else', 'kustomize.toolkit.fluxcd.io/namespace': 'else' };
  await home.cluster.patch(configMapRef('b'), { metadata: { labels } }, { type: 'merge', fieldManager: 'else' });
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  running = await startProcess(home);
  await waitReady(home, 'app', revision);
  expect(await home.get(configMapRef('b'))).not.toBeNull();
  expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_a__ConfigMap']);
});

test.for([
  { policy: undefined, prune: true, stays: false },
  { policy: undefined, prune: false, stays: true },
  { policy: 'MirrorPrune', prune: true, stays: false },
  { policy: 'Delete', prune: false, stays: false },
  { policy: 'WaitForTermination', prune: false, stays: false },
  { policy: 'Orphan', prune: true, stays: true },
])('deleting a Kustomization with policy $policy and prune $prune: objects stay: $stays', async ({ policy, prune, stays }) => {
  await home.create(kustomization('app', { prune, ...(policy === undefined ? {} : { deletionPolicy: policy }) }));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  await home.cluster.delete(kustomizationRef('app'));
  await waitUntil('it to be gone', async () => (await home.get(kustomizationRef('app'))) === null);
  expect((await home.get(configMapRef('a'))) !== null).toBe(stays);
});

test('a suspended Kustomization that is deleted leaves its objects, as with Flux', async () => {
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  await home.cluster.patch(kustomizationRef('app'), { spec: { suspend: true } }, { type: 'merge' });
  await home.cluster.delete(kustomizationRef('app'));
  await waitUntil('it to be gone', async () => (await home.get(kustomizationRef('app'))) === null);
  expect(await home.get(configMapRef('a'))).not.toBeNull();
});
