import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, silentLog, systemClock } from '../../src/core/index.ts';
import { cloneWorkTree } from '../../src/demo/index.ts';
import { startSandboxRegistry } from '../../src/sandbox/index.ts';
import { type Branch, readBranch } from '../journeys/support/branch.ts';
import { gitRepository, imagePolicy, imageRepository, imageUpdateAutomation, manifest } from '../journeys/support/resources.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { findFreePort } from '../real/free-port.ts';
import { type KubeApiServer, startGitHttp, startKubeApiServer, waitUntil } from '../real/index.ts';
import { type RunningProcess, startProcess } from '../real/start-process.ts';
import { createTemporaryFolder } from '../real/temporary-folder.ts';
import { installDefinitions } from './support/install.ts';

const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const replicas = ['first', 'second', 'third'] as const;
type Replica = (typeof replicas)[number];

/** `tagalong run` as one of several replicas, known to the API server by its name. */
interface Bot extends RunningProcess {
  readonly name: Replica;
  readyz(): Promise<string>;
  metrics(): Promise<string>;
}

interface World extends AsyncDisposable {
  readonly api: KubeApiServer;
  readonly cluster: Cluster;
  readonly main: Branch;
  /** A file that is there while a push waits in the server's hook. */
  readonly pushing: string;
  pushTag(tag: string): Promise<void>;
  start(name: Replica): Promise<Bot>;
  statusOf(kind: string, name: string): Promise<Record<string, unknown>>;
}

async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder('leader')).path;
  const users = replicas.map((name) => ({ name, token: `token-of-${name}`, groups: ['system:masters'] }));
  const api = stack.use(await startKubeApiServer({ users }));
  await installDefinitions(api);
  const registry = stack.use(await startSandboxRegistry());
  await registry.pushTag('web', '1.0.0');
  const git = stack.use(await startGitHttp());
  const bare = await git.createRepository('fleet');
  const pushing = join(folder, 'pushing');
  const clone = await cloneWorkTree(git.url('fleet'), join(folder, 'clone'), { name: 'Ann', email: 'ann@example.com' });
  await writeFile(join(clone.folder, 'web.yaml'), manifest('web', `${registry.host}/web:1.0.0`));
  await clone.commitAndPush('Start');
  await writeHook(join(bare, 'hooks/pre-receive'), pushing);
  const parts = { userAgent: 'test', clock: systemClock, log: silentLog };
  const cluster = await createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, ...parts });
  stack.defer(() => cluster.close());
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
  const automation = imageUpdateAutomation({ spec: { update: { path: './' } } });
  const objects = [gitRepository(git.url('fleet')), imageRepository(`${registry.host}/web`), imagePolicy('web'), automation];
  for (const object of [namespace, ...objects]) await cluster.apply(object, { fieldManager: 'test', force: true });
  const resources = stack.move();
  return {
    ...{ api, cluster, pushing, main: readBranch(bare, 'main') },
    async pushTag(tag) {
      await registry.pushTag('web', tag);
      const annotations = { 'reconcile.fluxcd.io/requestedAt': tag };
      const ref = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageRepository', namespace: 'default', name: 'web' };
      await cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
    },
    async statusOf(kind, name) {
      const group = kind === 'GitRepository' ? 'source.toolkit.fluxcd.io' : 'image.toolkit.fluxcd.io';
      const found = await cluster.get({ group, version: 'v1', kind, namespace: 'default', name });
      return (found?.['status'] ?? {}) as Record<string, unknown>;
    },
    async start(name) {
      const bot = await startBot(name, api, folder);
      resources.use(bot);
      return bot;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Each push waits a moment in the server, where the test can see it. */
async function writeHook(path: string, marker: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\ncat >/dev/null\necho x >> '${marker}'\nsleep 1\n`);
  await chmod(path, 0o755);
}

async function startBot(name: Replica, api: KubeApiServer, folder: string): Promise<Bot> {
  const kubeconfig = join(folder, `${name}.kubeconfig`);
  await writeFile(kubeconfig, api.kubeconfigWith(`token-of-${name}`), { mode: 0o600 });
  const address = `127.0.0.1:${await findFreePort()}`;
  const ask = async (path: string) => (await fetch(`http://${address}${path}`)).text();
  const flags = { kubeconfig, 'state-dir': join(folder, name), 'http-addr': address, controllers: 'image,source' };
  const running = await startProcess({
    name,
    program: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      ...[program, 'run', '--leader-elect'],
      ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    ],
    isReady: async () => (await fetch(`http://${address}/readyz`)).status === 200,
  });
  return { ...running, name, readyz: () => ask('/readyz'), metrics: () => ask('/metrics') };
}

/** What a replica wrote, but for Leases and the questions about its rights. */
async function writesOf(world: World, name: Replica): Promise<string[]> {
  const requests = await world.api.auditedRequests();
  return requests
    .filter(({ user, verb }) => user === name && !['get', 'list', 'watch'].includes(verb))
    .map(({ verb, uri }) => `${verb} ${uri}`)
    .filter((line) => !line.includes('/leases') && !line.includes('selfsubjectaccessreviews'));
}

async function untilCommitted(world: World, tag: string): Promise<void> {
  const options = { timeoutMs: 60_000 };
  await waitUntil(`${tag} in git`, async () => (await world.main.file('web.yaml'))?.includes(`web:${tag} `) ?? false, options);
  const known = async () => (await world.statusOf('ImageUpdateAutomation', 'fleet'))['lastPushCommit'];
  await waitUntil(`status to know of ${tag}`, async () => (await known()) === (await world.main.head()), options);
}

const bumps = async (world: World) =>
  (await world.main.commits()).slice(0, -1).map(({ message }) => /-> \S+:(\S+)/.exec(message)?.[1]);

describeWithParts(['kube-apiserver', 'etcd', 'kubectl', 'git-http-backend'], 'two replicas and one Lease', () => {
  test('the leader is killed in the middle of a push: the other finishes, and there is exactly one commit of each bump', async () => {
    await using world = await startWorld();
    const first = await world.start('first');
    await waitUntil('the first to lead', async () => !(await first.readyz()).includes('passive'));
    const ready = async () => JSON.stringify((await world.statusOf('ImageUpdateAutomation', 'fleet'))['conditions']);
    await waitUntil('the automation to be ready', async () => (await ready()).includes('repository up-to-date'));
    const second = await world.start('second');
    await waitUntil('the second to say who leads', async () => /is not held: \S+ holds it/.test(await second.readyz()));
    expect(await second.metrics()).toContain(
      'leader_election_master_status{name="image-automation-controller-leader-election"} 0',
    );
    expect(await first.metrics()).toContain(
      'leader_election_master_status{name="image-automation-controller-leader-election"} 1',
    );

    await world.pushTag('1.1.0');
    await waitUntil('the push to reach the server', async () => (await readFile(world.pushing, 'utf8')) !== '', { everyMs: 5 });
    process.kill(first.pid, 'SIGKILL');
    expect(await writesOf(world, 'second')).toEqual([]);
    await untilCommitted(world, '1.1.0');
    expect(await bumps(world)).toEqual(['1.1.0']);
    expect((await writesOf(world, 'second')).some((line) => line.includes('/imageupdateautomations/fleet/status'))).toBe(true);

    await world.pushTag('1.2.0');
    await untilCommitted(world, '1.2.0');
    const third = await world.start('third');
    await waitUntil('the third to say who leads', async () => /is not held: \S+ holds it/.test(await third.readyz()));
    expect(await writesOf(world, 'third')).toEqual([]);
    process.kill(second.pid, 'SIGTERM');
    await world.pushTag('1.3.0');
    await untilCommitted(world, '1.3.0');
    expect(await bumps(world)).toEqual(['1.3.0', '1.2.0', '1.1.0']);
    expect(await world.main.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});
