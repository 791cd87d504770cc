import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { createLeases, describePassive, runsUnderAnotherLease, runsUnelected } from '../../src/lease/index.ts';
import { waitUntil } from '../real/wait-until.ts';

test.for([
  { because: 'the flag alone is yes', args: ['--enable-leader-election'], replicas: 1, unelected: false },
  { because: 'without the flag there is none', args: [], replicas: 1, unelected: true },
  { because: 'false is no', args: ['--enable-leader-election=false'], replicas: 2, unelected: true },
  {
    because: 'the last one counts',
    args: ['--enable-leader-election', '--enable-leader-election=false'],
    replicas: 1,
    unelected: true,
  },
  { because: 'Go reads 1 and T as true', args: ['--enable-leader-election=T'], replicas: 1, unelected: false },
  { because: 'another flag that begins like it is none', args: ['--enable-leader-election-x'], replicas: 1, unelected: true },
  { because: 'what does not run competes with nobody', args: [], replicas: 0, unelected: false },
])('$because', ({ args, replicas, unelected }) => {
  expect(runsUnelected({ name: 'source-controller', args, replicas })).toBe(unelected);
});

const [all, rest, one] = [undefined, '!sharding.fluxcd.io/key', 'sharding.fluxcd.io/key=shard1'];
test.for([
  { because: 'who serves all objects competes with who does', theirs: all, ours: all, replicas: 1, conflicts: false },
  { because: 'one shard competes for its own Lease', theirs: rest, ours: rest, replicas: 1, conflicts: false },
  { because: 'two shards have nothing in common', theirs: rest, ours: one, replicas: 1, conflicts: false },
  { because: 'a shard of Flux and all of tagalong meet', theirs: rest, ours: all, replicas: 1, conflicts: true },
  { because: 'all of Flux and a shard of tagalong meet', theirs: all, ours: one, replicas: 1, conflicts: true },
  { because: 'what does not run meets nobody', theirs: rest, ours: all, replicas: 0, conflicts: false },
])('$because', ({ theirs, ours, replicas, conflicts }) => {
  const args = theirs === undefined ? [] : [`--watch-label-selector=${theirs}`];
  expect(runsUnderAnotherLease({ name: 'source-controller', args, replicas }, ours)).toBe(conflicts);
});

let plane: ControlPlane;
let cluster: Cluster;
beforeAll(async () => {
  plane = await startControlPlane({ clock: systemClock, log: silentLog });
  const options = { userAgent: 'test', clock: systemClock, log: silentLog };
  cluster = await createCluster({ kubeconfig: { yaml: plane.kubeconfigYaml }, ...options });
});
afterAll(async () => {
  await cluster.close();
  await plane.stop();
});

function deployment(name: string, args: readonly string[]): KubeObject {
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: 'manager', image: 'x', args }] },
  };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'default' }, spec };
}

test('a controller of Flux without leader election keeps its kinds, by name, until it is scaled to 0; the others are served', async () => {
  await cluster.create(deployment('image-reflector-controller', ['--enable-leader-election=false']));
  await cluster.create(deployment('image-automation-controller', ['--enable-leader-election']));
  const start = () =>
    createLeases({ cluster, namespace: 'default', identity: 'us', groups: ['image'], clock: systemClock, log: silentLog });
  const leases = start();
  leases.start();
  await waitUntil('the one that may be served', () => leases.gateOf('image-automation-controller').isOpen());
  expect(leases.gateOf('image-reflector-controller').isOpen()).toBe(false);
  const passive = () => describePassive(leases.states()).join('\n');
  await waitUntil('it to be told by name', () =>
    passive().includes('image-reflector-controller of Flux runs without leader election'),
  );
  await leases.release();

  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'image-reflector-controller' };
  await cluster.patch(ref, { spec: { replicas: 0 } }, { type: 'merge' });
  const again = start();
  again.start();
  await waitUntil('both to be served', () => again.gateOf('image-reflector-controller').isOpen());
  await again.release();
});

test('a controller of Flux that serves one shard has another Lease: its kinds are left alone unless the shard is ours too', async () => {
  const selector = '!sharding.fluxcd.io/key';
  await cluster.create(deployment('source-controller', ['--enable-leader-election', `--watch-label-selector=${selector}`]));
  const start = (shard?: string) => {
    const options = {
      cluster,
      namespace: 'default',
      identity: 'us',
      groups: ['source' as const],
      clock: systemClock,
      log: silentLog,
    };
    const leases = createLeases({ ...options, ...(shard === undefined ? {} : { shard }) });
    leases.start();
    return leases;
  };
  const everything = start();
  const passive = () => describePassive(everything.states()).join('\n');
  await waitUntil('it to be told', () =>
    passive().includes(`source-controller of Flux runs with --watch-label-selector=${selector}`),
  );
  expect(everything.gateOf('source-controller').isOpen()).toBe(false);
  await everything.release();
  const same = start(selector);
  await waitUntil('the shard to be served', () => same.gateOf('source-controller').isOpen());
  await same.release();
});
