import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
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

const chain = { 'one/a.yaml': configMap('a'), 'two/b.yaml': configMap('b'), 'three/c.yaml': configMap('c') };

test('a chain of three follows each change at once, with intervals of an hour', async () => {
  await home.create(kustomization('three', { dependsOn: [{ name: 'two' }] }));
  await home.create(kustomization('two', { dependsOn: [{ name: 'one' }] }));
  await home.create(kustomization('one'));
  await waitReady(home, 'three', await home.commit(chain));
  const changed = { 'one/a.yaml': configMap('a', '2'), 'two/b.yaml': configMap('b', '2'), 'three/c.yaml': configMap('c', '2') };
  const revision = await home.commit(changed);
  await waitReady(home, 'three', revision);
  expect((await statusOf(home, 'one'))?.lastAppliedRevision).toBe(revision);
});

test.for([
  { because: 'is not there', before: async () => {}, says: /^dependency 'flux-system\/one' not found: / },
  {
    because: 'failed',
    before: (): Promise<unknown> => home.create(kustomization('one', { path: './nowhere' })),
    says: /^dependency 'flux-system\/one' is not ready$/,
  },
])('a dependency that $because is named, and what depends on it is not applied', async ({ before, says }) => {
  await before();
  await home.create(kustomization('two', { dependsOn: [{ name: 'one' }] }));
  await home.commit(chain);
  await waitUntil('the reason', async () => {
    const ready = (await statusOf(home, 'two'))?.conditions?.find(({ type }) => type === 'Ready');
    return ready?.reason === 'DependencyNotReady' && says.test(ready.message);
  });
  expect((await statusOf(home, 'two'))?.inventory).toBeUndefined();
});

test('a dependency of the same source that still has the old revision is waited for', async () => {
  await home.create(kustomization('one'));
  await home.create(kustomization('two', { dependsOn: [{ name: 'one' }] }));
  await waitReady(home, 'two', await home.commit(chain));
  const revision = await home.commit({ ...chain, 'one/a.yaml': 'a: [' });
  await waitReason(home, 'one', 'BuildFailed');
  const ready = await waitReason(home, 'two', 'DependencyNotReady');
  expect(ready?.message).toMatch(/^dependency 'flux-system\/one' (is not ready|revision is not up to date)$/);
  expect((await statusOf(home, 'two'))?.lastAppliedRevision).not.toBe(revision);
});

test('a cycle is Stalled and names its path; once it is broken all of it runs', async () => {
  await home.create(kustomization('one', { dependsOn: [{ name: 'three' }] }));
  await home.create(kustomization('two', { dependsOn: [{ name: 'one' }] }));
  await home.create(kustomization('three', { dependsOn: [{ name: 'two' }] }));
  const revision = await home.commit(chain);
  const ready = await waitReason(home, 'two', 'DependencyCycle');
  expect(ready?.message).toContain('flux-system/two -> flux-system/one -> flux-system/three -> flux-system/two');
  expect((await statusOf(home, 'two'))?.conditions?.find(({ type }) => type === 'Stalled')?.status).toBe('True');
  await home.cluster.patch(kustomizationRef('one'), { spec: { dependsOn: null } }, { type: 'merge' });
  await waitReady(home, 'three', revision);
});
