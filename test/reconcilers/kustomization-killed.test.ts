import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cluster, Store } from '../../src/core/index.ts';
import { createArtifacts } from '../../src/source/index.ts';
import { artifactOf } from '../build/folder-artifact.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  startHome,
  startProcess,
  statusOf,
  waitReady,
} from './kustomization-fixture.ts';

let home: Home;

beforeEach(async () => {
  home = await startHome();
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

type When = 'before' | 'after';

/**
 * A process that dies at its n-th write, to the API or to the state folder, just before or just after it: from then on nothing that
 * it does gets out. These are all the moments that matter to a kill -9.
 */
function dyingAt(n: number, when: When) {
  let writes = 0;
  let dead = false;
  const never = new Promise<never>(() => {});
  const guard = async <T>(isWrite: boolean, act: () => Promise<T>): Promise<T> => {
    if (dead) return never;
    if (isWrite) writes += 1;
    const isLast = isWrite && writes === n;
    if (isLast && when === 'before') {
      dead = true;
      return never;
    }
    const result = await act();
    if (isLast) dead = true;
    return dead ? never : result;
  };
  return {
    get isDead() {
      return dead;
    },
    get writes() {
      return writes;
    },
    cluster: (real: Cluster): Cluster => ({
      ...real,
      get: (...args) => guard(false, () => real.get(...args)),
      list: (...args) => guard(false, () => real.list(...args)),
      create: (...args) => guard(true, () => real.create(...args)),
      apply: (object, options) => guard(options.dryRun !== true, () => real.apply(object, options)),
      patch: (...args) => guard(true, () => real.patch(...args)),
      delete: (...args) => guard(true, () => real.delete(...args)),
    }),
    store: (real: Store): Store => ({
      ...real,
      read: (key) => guard(false, () => real.read(key)),
      write: (key, value) => guard(true, () => real.write(key, value)),
      delete: (key) => guard(true, () => real.delete(key)),
    }),
  };
}

const before = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b'), 'app/old.yaml': configMap('old') };
const after = { 'app/a.yaml': configMap('a', '2'), 'app/b.yaml': configMap('b'), 'app/new.yaml': configMap('new') };

/** Runs `until` in a process that dies at its n-th write; true when it died before. */
async function runDying(n: number, when: When, until: () => Promise<boolean>): Promise<boolean> {
  const death = dyingAt(n, when);
  const dying = await startProcess(home, { wrap: death.cluster, store: death.store(home.store) });
  await waitUntil('death or the end', async () => death.isDead || (await until()), { everyMs: 5 });
  // Its requests hang for ever, so it must not be waited for.
  void dying.kill().catch(() => {});
  return death.isDead;
}

async function reset(): Promise<void> {
  await using process = await startProcess(home);
  if ((await home.get(kustomizationRef('app'))) === null) await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(before));
  await waitUntil('quiet', () => process.engine.isIdle());
}

test('killed at any write of a change, the next process converges: nothing is orphaned, nothing is lost from the inventory', async () => {
  let died = 0;
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n < 40; n += 1) {
      await reset();
      const revision = await home.commit(after);
      const applied = async () => (await statusOf(home, 'app'))?.lastAppliedRevision === revision;
      const isDead = await runDying(n, when, applied);
      // Whatever exists is in the inventory: without that, nobody would ever delete it.
      const inventory = idsOf(await statusOf(home, 'app'));
      for (const name of ['a', 'b', 'old', 'new'])
        if ((await home.get(configMapRef(name))) !== null)
          expect(inventory, `${name} after dying ${when} write ${n}`).toContain(`default_${name}__ConfigMap`);
      await using _next = await startProcess(home);
      await waitReady(home, 'app', revision);
      expect(await home.get(configMapRef('old'))).toBeNull();
      expect((await home.get(configMapRef('a')))?.['data']).toEqual({ value: '2' });
      expect(idsOf(await statusOf(home, 'app')).toSorted()).toEqual([
        'default_a__ConfigMap',
        'default_b__ConfigMap',
        'default_new__ConfigMap',
      ]);
      if (!isDead) break;
      died += 1;
    }
  }
  expect(died).toBeGreaterThan(10);
});

test('killed at any write of a deletion, the next process finishes it', async () => {
  for (const when of ['before', 'after'] as const) {
    for (let n = 1; n < 12; n += 1) {
      await reset();
      await home.cluster.delete(kustomizationRef('app'));
      const isGone = async () => (await home.get(kustomizationRef('app'))) === null;
      const isDead = await runDying(n, when, isGone);
      await using _next = await startProcess(home);
      await waitUntil('it to be gone', isGone);
      for (const name of ['a', 'b', 'old']) expect(await home.get(configMapRef(name))).toBeNull();
      if (!isDead) break;
    }
  }
});

test('after a restart a ready Kustomization stays ready while its source makes the artifact again', async () => {
  await reset();
  const revision = (await statusOf(home, 'app'))?.lastAppliedRevision ?? '';
  const artifacts = createArtifacts();
  const process = await startProcess(home, { artifacts });
  await waitUntil('the source to be asked', () => process.requested.length > 0);
  expect(process.requested[0]).toEqual({ kind: 'GitRepository', namespace: 'flux-system', name: 'app' });
  await waitReady(home, 'app', revision);
  await home.cluster.delete(configMapRef('a'));
  process.artifacts.put({ kind: 'GitRepository', namespace: 'flux-system', name: 'app' }, artifactOf(before, revision));
  await waitUntil('it to be kept applied again', async () => (await home.get(configMapRef('a'))) !== null);
  await process[Symbol.asyncDispose]();
});

test('a source whose listing comes late at the start is not taken for missing', async () => {
  await reset();
  const slow = (cluster: Cluster): Cluster => ({
    ...cluster,
    watch: async (kind, options, observer) => {
      if (kind.kind === 'GitRepository') await sleep(300);
      return cluster.watch(kind, options, observer);
    },
  });
  await using process = await startProcess(home, { wrap: slow });
  await waitUntil('its first run', () => process.runs.length > 0);
  expect(process.runs.map(({ result }) => result)).toEqual(['done']);
});
