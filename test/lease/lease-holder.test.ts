import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, silentLog, systemClock } from '../../src/core/index.ts';
import {
  createLeases,
  describePassive,
  fenceCluster,
  LeaseHolder,
  type LeaseHolderOptions,
  leaseRef,
  leaseTimes,
} from '../../src/lease/index.ts';
import { createSkippingClock } from '../journeys/support/skipping-clock.ts';

const namespace = 'default';
let plane: ControlPlane;
let cluster: Cluster;

beforeAll(async () => {
  plane = await startControlPlane({ clock: systemClock, log: silentLog });
  cluster = await createCluster({
    kubeconfig: { yaml: plane.kubeconfigYaml },
    userAgent: 'test',
    clock: systemClock,
    log: silentLog,
  });
});
afterAll(async () => {
  await cluster.close();
  await plane.stop();
});

const clock = createSkippingClock();
const steadyMs = () => clock.now();

function holder(name: string, identity: string, more: Partial<LeaseHolderOptions> = {}): LeaseHolder {
  return new LeaseHolder({
    ...{ cluster, namespace, name, identity, clock, steadyMs, log: silentLog, times: leaseTimes },
    ...more,
  });
}

/** Lets time run, in small steps, until it is so; `atEachStep` looks on. */
async function until(isSo: () => boolean | Promise<boolean>, atEachStep: () => void = () => {}): Promise<void> {
  for (let step = 0; !(await isSo()); step += 1) {
    if (step > 500) throw new Error('it never came to be');
    clock.skip(250);
    await sleep(5);
    atEachStep();
  }
}

async function letPass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.skip(250);
    await sleep(5);
  }
}

const specOf = async (name: string) => (await cluster.get(leaseRef(namespace, name)))?.['spec'] as Record<string, unknown>;

test('the first takes it, the second says who has it, and follows as soon as the first lets go', async () => {
  const [first, second] = [holder('handed-on', 'first'), holder('handed-on', 'second')];
  first.start();
  await until(() => first.isOpen());
  second.start();
  await until(() => second.state.because !== 'not asked for yet');
  await letPass(60_000);
  expect([first.isOpen(), second.isOpen(), second.state.holder, second.state.because]).toEqual([
    true,
    false,
    'first',
    'first holds it',
  ]);
  await first.release();
  expect(await specOf('handed-on')).toMatchObject({ holderIdentity: '', leaseTransitions: 0 });
  const before = clock.now();
  await until(() => second.isOpen());
  expect(clock.now() - before).toBeLessThan(leaseTimes.durationMs);
  expect(await specOf('handed-on')).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
  await second.release();
});

test('who can no longer reach the API stops before anybody else begins', async () => {
  let isCut = false;
  const cutOff = async (): Promise<never> => {
    throw new Error('connection refused');
  };
  const flaky: Cluster = {
    ...cluster,
    patch: (...args) => (isCut ? cutOff() : cluster.patch(...args)),
    get: (...args) => (isCut ? cutOff() : cluster.get(...args)),
  };
  const [first, second] = [holder('cut-off', 'first', { cluster: flaky }), holder('cut-off', 'second')];
  const told: string[] = [];
  first.subscribe((open) => told.push(`first ${open}`));
  second.subscribe((open) => told.push(`second ${open}`));
  first.start();
  await until(() => first.isOpen());
  second.start();
  await until(() => second.state.holder === 'first');
  isCut = true;
  await until(
    () => second.isOpen(),
    () => expect(first.isOpen() && second.isOpen()).toBe(false),
  );
  expect(told).toEqual(['first true', 'first false', 'second true']);
  isCut = false;
  await letPass(20_000);
  expect([first.isOpen(), first.state.holder]).toEqual([false, 'second']);
  await Promise.all([first.release(), second.release()]);
});

test('a process that slept through its deadline knows at once, without a timer having run', async () => {
  let asleepMs = 0;
  const one = holder('slept', 'one', { steadyMs: () => clock.now() + asleepMs });
  one.start();
  await until(() => one.isOpen());
  asleepMs = leaseTimes.deadlineMs;
  expect(one.isOpen()).toBe(false);
  await one.release();
});

test('a Lease that another controller keeps renewing is never taken, and is once it falls silent', async () => {
  const name = 'source-controller-leader-election';
  const flux = holder(name, 'source-controller-6d5f-x_1');
  const ours = holder(name, 'ours');
  flux.start();
  await until(() => flux.isOpen());
  ours.start();
  await letPass(90_000);
  expect([ours.isOpen(), ours.state.holder]).toEqual([false, 'source-controller-6d5f-x_1']);
  await flux.release();
  await cluster.patch(
    leaseRef(namespace, name),
    { spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2099-01-01T00:00:00.000000Z' } },
    { type: 'merge' },
  );
  await until(() => ours.isOpen() || ours.state.holder === 'dead');
  await until(() => ours.isOpen());
  await ours.release();
});

test('a note on the Lease takes it from nobody; somebody else’s name in it does', async () => {
  const one = holder('touched', 'one');
  const told: boolean[] = [];
  one.subscribe((open) => told.push(open));
  one.start();
  await until(() => one.isOpen());
  await cluster.patch(leaseRef(namespace, 'touched'), { metadata: { annotations: { note: 'hello' } } }, { type: 'merge' });
  await letPass(30_000);
  expect(told).toEqual([true]);
  await cluster.patch(leaseRef(namespace, 'touched'), { spec: { holderIdentity: 'thief' } }, { type: 'merge' });
  await until(() => !one.isOpen());
  expect(one.state.holder).toBe('thief');
  await until(() => one.isOpen());
  await one.release();
});

test('a Lease that is deleted is made again, after a pause in which nothing is written', async () => {
  const one = holder('deleted', 'one');
  const told: boolean[] = [];
  one.subscribe((open) => told.push(open));
  one.start();
  await until(() => one.isOpen());
  await cluster.delete(leaseRef(namespace, 'deleted'));
  await until(() => told.length === 3);
  expect(told).toEqual([true, false, true]);
  await one.release();
});

test('a namespace that is not there leaves it passive, with the server’s words', async () => {
  const one = holder('nowhere', 'one', { namespace: 'no-such-namespace' });
  one.start();
  await until(() => one.state.because.includes('no-such-namespace'));
  await letPass(20_000);
  expect(one.isOpen()).toBe(false);
  await one.release();
});

test('beside Flux, each controller’s Lease counts by itself, but Kustomizations need our own sources', async () => {
  const flux = holder('source-controller-leader-election', 'flux');
  flux.start();
  await until(() => flux.isOpen());
  const groups = ['image', 'source', 'kustomize'] as const;
  const leases = createLeases({ cluster, namespace, identity: 'ours', groups, clock, steadyMs, log: silentLog });
  leases.start();
  await until(() => leases.states().filter(({ held }) => held).length === 3);
  await letPass(20_000);
  expect(leases.states().map(({ name, held }) => [name, held])).toEqual([
    ['tagalong-image-source-kustomize-leader-election', true],
    ['image-reflector-controller-leader-election', true],
    ['image-automation-controller-leader-election', true],
    ['source-controller-leader-election', false],
    ['kustomize-controller-leader-election', false],
  ]);
  expect(describePassive(leases.states())).toEqual([
    'passive: Lease default/source-controller-leader-election is not held: flux holds it',
    'passive: Lease default/kustomize-controller-leader-election is not held: waiting for the Lease it depends on',
  ]);
  await flux.release();
  await until(() => leases.gateOf('kustomize-controller').isOpen());
  await leases.release();
  for (const { name } of leases.states()) expect([name, (await specOf(name))['holderIdentity']]).toEqual([name, '']);
});

test('of two replicas one gets everything', async () => {
  const groups = ['image', 'source', 'kustomize'] as const;
  const replicas = ['a', 'b'].map((identity) =>
    createLeases({ cluster, namespace, identity, groups, clock, steadyMs, log: silentLog }),
  );
  for (const one of replicas) one.start();
  const heldBy = () => replicas.map((one) => one.states().filter(({ held }) => held).length).toSorted();
  await until(() => heldBy()[1] === 5);
  await letPass(40_000);
  expect(heldBy()).toEqual([0, 5]);
  for (const one of replicas) await one.release();
});

test('a fence lets reads pass and refuses every write, the same way for whoever is impersonated', async () => {
  let open = true;
  const fenced = fenceCluster(cluster, { isOpen: () => open, subscribe() {} });
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'fenced' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'fenced' } };
  await fenced.create(object);
  open = false;
  const writes = [
    () => fenced.create(object),
    () => fenced.apply(object, { fieldManager: 'test', force: true }),
    () => fenced.patch(ref, {}, { type: 'merge' }),
    () => fenced.delete(ref),
    () => fenced.impersonate('somebody').delete(ref),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'LEASE_NOT_HELD' });
  expect(await fenced.get(ref)).not.toBeNull();
});
