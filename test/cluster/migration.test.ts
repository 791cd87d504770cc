import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ObservedObject } from '../../src/cli/observe/observation-book.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { waitUntil } from '../real/index.ts';
import { deploymentRef, type MigrationWorld, startMigrationWorld } from './support/migration-world.ts';

const slow = { timeoutMs: 90_000 };
let world: MigrationWorld;

/** What a hand-over must not touch: who they are, what version, and who owns which of their fields. */
async function objectsOf({ cluster, get }: MigrationWorld): Promise<Record<string, unknown>> {
  const core = { group: '', version: 'v1' };
  const definition = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
  const objects = [
    await get(deploymentRef),
    await get({ ...core, kind: 'ConfigMap', namespace: 'shop', name: 'settings' }),
    await get({ ...core, kind: 'Secret', namespace: 'shop', name: 'token' }),
    await get({ ...core, kind: 'Namespace', name: 'shop' }),
    await get({ ...definition, name: 'widgets.shop.example.com' }),
    ...(await cluster.list({ group: 'apps', version: 'v1', kind: 'ReplicaSet' }, { namespace: 'shop' })).items,
  ];
  const facts = objects.map((object) => [`${object.kind} ${object.metadata.name}`, factsOf(object)] as const);
  return JSON.parse(JSON.stringify(Object.fromEntries(facts)));
}

function factsOf({ metadata }: KubeObject): unknown {
  const { uid, generation, resourceVersion, managedFields = [] } = metadata;
  return {
    uid,
    generation,
    resourceVersion,
    owners: managedFields.map(({ manager, operation, subresource }) => [manager, operation, subresource]),
  };
}

/** Two looks that agree: nothing is on its way any more. */
async function settled(): Promise<Record<string, unknown>> {
  let before = '';
  await waitUntil(
    'the objects to rest',
    async () => {
      const now = JSON.stringify(await objectsOf(world));
      const rests = now === before;
      before = now;
      return rests;
    },
    { everyMs: 1500, ...slow },
  );
  return JSON.parse(before);
}

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'kustomize', 'git-http-backend', 'flux-controllers'],
  'beside the real controllers of Flux',
  () => {
    beforeAll(async () => {
      world = await startMigrationWorld();
      await world.untilApplied('flux-system');
      await world.bump('1.1.0');
    }, 240_000);
    afterAll(() => world?.[Symbol.asyncDispose]());

    test('run --observe finds no difference but in digests of builds, and nobody hears of it: no write to the API, git or the registry', async () => {
      const before = await settled();
      const [gitSeen, registrySeen] = [world.git.requests.length, world.registry.requests.length];
      const args = ['run', '--observe', '--once', '-o', 'json', '--state-dir', `${world.folder}/observer-state`];
      const { code, stdout, stderr } = await world.tagalong('observer', ...args);
      const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
      const found: string[] = report.objects.flatMap(({ kind, name, differences }: ObservedObject) =>
        differences.map((one) => `${kind} ${name} ${one.kind}`),
      );
      // A known gap, told in docs/migration.md: our digests of builds are not those of Flux, although every dry run leaves what is there.
      const others = found.filter((text) => !/^Kustomization \S+ build$/.test(text));
      expect({ others, errors: others.length === 0 ? '' : `${stdout}${stderr}` }).toEqual({ others: [], errors: '' });
      expect(code).toBe(found.length === 0 ? 0 : 1);
      expect(report.summary).toMatchObject({ objects: 6, aside: 0, waiting: 0 });
      expect(report.final).toBe(true);

      const requests = (await world.api.auditedRequests()).filter(({ user }) => user === 'observer');
      const writes = requests.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
      expect(writes.filter(({ verb, uri }) => verb !== 'patch' || !uri.includes('dryRun=All'))).toEqual([]);
      expect(writes.length).toBeGreaterThan(0);
      expect(requests.filter(({ uri }) => uri.includes('/leases'))).toEqual([]);
      expect(world.git.requests.slice(gitSeen).filter(({ path }) => path.includes('git-receive-pack'))).toEqual([]);
      expect(world.registry.requests.slice(registrySeen).filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
      expect(await objectsOf(world)).toEqual(before);
    }, 120_000);

    test('migrate check ends well, with the digests of builds as warnings', async () => {
      const { code, stderr } = await world.tagalong('tagalong', 'migrate', 'check', '--parts', 'image');
      expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
      expect(stderr).toContain('image-automation-controller-leader-election: held by flux_');
    }, 120_000);
  },
);
