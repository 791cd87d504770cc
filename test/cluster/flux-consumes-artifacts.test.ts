import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GitRepository } from '../../src/api/index.ts';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../../src/demo/index.ts';
import { writeFiles } from '../git/fixture.ts';
import { gitRepository } from '../journeys/support/resources.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import {
  type GitHttp,
  installFluxDefinitions,
  type KubeApiServer,
  startFluxControllers,
  startGitHttp,
  startKubeApiServer,
  waitUntil,
} from '../real/index.ts';

const run = promisify(execFile);

const files = {
  'apps/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-git\n  namespace: default\ndata:\n  step: "1"\n',
  'apps/deep/er/x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: deep\n  namespace: default\n',
  'apps/notes.md': 'left out\n',
  'run.sh': '#!/bin/sh\n',
  'logo.png': 'kept, since there are rules\n',
  'apps-beside.yaml': 'kind: List\napiVersion: v1\nitems: []\n',
  'only/notes.md': 'in a folder of which nothing stays\n',
  'lib/base.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: included\n  namespace: default\n',
  '.sourceignore': '*.md\n',
  '.github/workflow.yml': 'x: 1\n',
};

const kustomization = (name: string, path: string): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name, namespace: 'default' },
  spec: { interval: '1h', prune: true, path, sourceRef: { kind: 'GitRepository', name } },
});
const sourceKind = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', namespace: 'default' };
const kustomizationKind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'default' };

interface Place extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly git: GitHttp;
  readonly person: WorkTree;
  readonly folder: string;
  source(name: string): Promise<GitRepository>;
}

async function connect(api: KubeApiServer): Promise<Cluster> {
  return createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog });
}

/** A real API server with Flux's own definitions, and a repository; whose controllers work there is the caller's. */
async function startPlace(
  serve: (api: KubeApiServer, folder: string, stack: AsyncDisposableStack) => Promise<void>,
): Promise<Place> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-flux-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const api = stack.use(await startKubeApiServer());
  installFluxDefinitions(api);
  const cluster = await connect(api);
  stack.defer(() => cluster.close());
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
  await cluster.apply(namespace, { fieldManager: 'test', force: true });
  const git = stack.use(await startGitHttp());
  const person = await cloneWorkTree(await git.createRepository('fleet'), join(folder, 'person'), {
    name: 'Ada',
    email: 'ada@example.com',
  });
  await writeFiles(person.folder, files);
  await run('sh', ['-c', 'chmod +x run.sh; ln -s /etc/passwd link'], { cwd: person.folder });
  await person.commitAndPush('Start');
  await serve(api, folder, stack);
  const parts = stack.move();
  return {
    ...{ cluster, git, person, folder },
    source: async (name) => (await cluster.get({ ...sourceKind, name })) as GitRepository,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Our sources, and nothing else of ours. */
async function serveOurs(api: KubeApiServer, folder: string, stack: AsyncDisposableStack): Promise<void> {
  const home = await connect(api);
  stack.defer(() => home.close());
  const app = await createApp({
    ...{ home, target: home, clock: systemClock, log: silentLog, stateFolder: join(folder, 'state') },
    controllers: ['source'],
    artifacts: { host: '127.0.0.1', port: 0 },
  });
  stack.defer(() => app.stop());
  await app.start();
}

async function ready(cluster: Cluster, kind: typeof sourceKind, name: string): Promise<KubeObject> {
  let found: KubeObject | null = null;
  const isReady = async () => {
    found = await cluster.get({ ...kind, name });
    const { conditions = [], observedGeneration } = (found?.['status'] ?? {}) as Partial<NonNullable<GitRepository['status']>>;
    if (observedGeneration !== found?.metadata.generation) throw new Error('not observed yet');
    if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return true;
    throw new Error(JSON.stringify(conditions)); // what is told if time is up
  };
  await waitUntil(`${name} to be ready`, isReady);
  if (found === null) throw new Error(`${name} is gone`);
  return found;
}

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'git-http-backend', 'flux-controllers'],
  "Flux's own kustomize-controller",
  () => {
    let place: Place;
    beforeAll(async () => {
      place = await startPlace(async (api, folder, stack) => {
        await serveOurs(api, folder, stack);
        stack.use(await startFluxControllers(api, { controllers: ['kustomize-controller'] }));
      });
    }, 120_000);
    afterAll(() => place?.[Symbol.asyncDispose]());

    test('applies what our sources serve, and the next revision as soon as it is there', async () => {
      const { cluster, git, person } = place;
      await cluster.create(gitRepository(git.url('fleet'), {}, 'apps'));
      await cluster.create(kustomization('apps', './apps'));
      const applied = await ready(cluster, kustomizationKind, 'apps');
      const { artifact } = (await place.source('apps')).status ?? {};
      expect((applied['status'] as { lastAppliedRevision: string }).lastAppliedRevision).toBe(artifact?.revision);
      const configMap = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'from-git' };
      expect((await cluster.get(configMap))?.['data']).toEqual({ step: '1' });

      await person.edit('apps/config.yaml', (text) => text.replace('"1"', '"2"'));
      const commit = await person.commitAndPush('Step');
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } };
      await cluster.patch({ ...sourceKind, name: 'apps' }, patch, { type: 'merge' });
      await waitUntil('the next step', async () => JSON.stringify((await cluster.get(configMap))?.['data']) === '{"step":"2"}');
      await waitUntil('the revision', async () => {
        const { status } = (await cluster.get({ ...kustomizationKind, name: 'apps' })) as unknown as {
          status: { lastAppliedRevision: string };
        };
        return status.lastAppliedRevision === `main@sha1:${commit}`;
      });
    });
  },
);

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'git-http-backend', 'flux-controllers'],
  "Flux's own source-controller, beside ours",
  () => {
    let flux: Place;
    let ours: Place;
    beforeAll(async () => {
      flux = await startPlace(async (api, _folder, stack) => {
        stack.use(await startFluxControllers(api, { controllers: ['source-controller'] }));
      });
      ours = await startPlace(serveOurs);
    }, 120_000);
    afterAll(async () => {
      await flux?.[Symbol.asyncDispose]();
      await ours?.[Symbol.asyncDispose]();
    });

    /** What is in the archive: mode, owner, size, time and name of each entry, but for folders of which nothing stayed, which are Flux's alone. */
    async function contentOf(place: Place, name: string): Promise<string[]> {
      const { artifact } = (await ready(place.cluster, sourceKind, name))['status'] as {
        artifact: { url: string; digest: string };
      };
      const bytes = Buffer.from(await (await fetch(artifact.url)).arrayBuffer());
      const listing = run('tar', ['-tvzf', '-', '--full-time', '--utc', '--numeric-owner']);
      listing.child.stdin?.end(bytes);
      return (await listing).stdout.split('\n').filter((line) => line !== '' && !/^d.* only$/.test(line));
    }

    test.for<{ because: string; name: string; spec: object }>([
      { because: 'a branch, with the rules of the repository', name: 'branch', spec: {} },
      { because: 'rules of the spec beside them', name: 'ignore', spec: { ignore: '/*\n!/apps\n!/run.sh\n' } },
      {
        because: 'a sparse checkout, without the rules beside it',
        name: 'sparse',
        spec: { sparseCheckout: ['apps/deep', './lib'] },
      },
      { because: 'a sparse checkout of a folder with notes', name: 'sparse-notes', spec: { sparseCheckout: ['only'] } },
    ])('the archive has the same entries: $because', async ({ name, spec }) => {
      const [theirs, own] = await Promise.all(
        [flux, ours].map(async (place) => {
          await place.cluster.create(gitRepository(place.git.url('fleet'), { spec }, name));
          return contentOf(place, name);
        }),
      );
      expect(own).toEqual(theirs);
    });

    test('the archive with an include has the same entries, and status says the same of it', async () => {
      const include = [{ repository: { name: 'lib' }, fromPath: 'lib', toPath: 'vendor/lib' }];
      const [theirs, own] = await Promise.all(
        [flux, ours].map(async (place) => {
          const url = place.git.url('fleet');
          await place.cluster.create(gitRepository(url, {}, 'lib'));
          await ready(place.cluster, sourceKind, 'lib');
          await place.cluster.create(gitRepository(url, { spec: { include, ignore: 'logo.png' } }, 'including'));
          const content = await contentOf(place, 'including');
          const { status } = await place.source('including');
          const known = { ...status, artifact: null, includedArtifacts: status?.includedArtifacts?.length, conditions: null };
          return { content, known };
        }),
      );
      expect(own).toEqual(theirs);
    });
  },
);
