import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { cloneWorkTree, type WorkTree } from '../../src/demo/index.ts';
import { packArtifact } from '../../src/source/index.ts';
import { artifactOf } from '../build/folder-artifact.ts';
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

const configMap = (name: string, step: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: default\ndata:\n  step: "${step}"\n`;
const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default' };
const sourceKind = { group: 'source.toolkit.fluxcd.io', version: 'v1', namespace: 'default' };
const kustomizationKind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'default' };

const kustomization = (name: string, kind: string): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name, namespace: 'default' },
  spec: { interval: '1h', retryInterval: '1h', prune: true, path: './apps', sourceRef: { kind, name } },
});

async function connect(api: KubeApiServer): Promise<Cluster> {
  return createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog });
}

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'git-http-backend', 'flux-controllers'],
  "Kustomizations alone, beside Flux's own source-controller",
  () => {
    const stack = new AsyncDisposableStack();
    let cluster: Cluster;
    let git: GitHttp;
    let person: WorkTree;

    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tagalong-others-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      const api = stack.use(await startKubeApiServer());
      installFluxDefinitions(api);
      cluster = await connect(api);
      stack.defer(() => cluster.close());
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
      await cluster.apply(namespace, { fieldManager: 'test', force: true });
      git = stack.use(await startGitHttp());
      const author = { name: 'Ada', email: 'ada@example.com' };
      person = await cloneWorkTree(await git.createRepository('fleet'), join(folder, 'person'), author);
      await writeFiles(person.folder, { 'apps/config.yaml': configMap('from-flux', '1') });
      await person.commitAndPush('Start');
      stack.use(await startFluxControllers(api, { controllers: ['source-controller'] }));
      const home = await connect(api);
      stack.defer(() => home.close());
      const app = await createApp({
        ...{ home, target: home, clock: systemClock, log: silentLog, stateFolder: join(folder, 'state') },
        ...{ controllers: ['kustomize'], allowLoopback: true },
      });
      stack.defer(() => app.stop());
      await app.start();
    }, 120_000);
    afterAll(() => stack.disposeAsync());

    const stepOf = async (name: string) =>
      ((await cluster.get({ ...configMapKind, name }))?.['data'] as { step?: string } | undefined)?.step;
    const readyOf = async (name: string) => {
      const found = await cluster.get({ ...kustomizationKind, name });
      const { conditions = [] } = (found?.['status'] ?? {}) as {
        conditions?: { type: string; status: string; reason: string; message: string }[];
      };
      return conditions.find(({ type }) => type === 'Ready');
    };

    test('apply what it fetched, and the next revision as soon as it is there', async () => {
      await cluster.create(gitRepository(git.url('fleet'), {}, 'apps'));
      await cluster.create(kustomization('apps', 'GitRepository'));
      await waitUntil('the first step', async () => (await stepOf('from-flux')) === '1');
      await person.edit('apps/config.yaml', (text) => text.replace('"1"', '"2"'));
      await person.commitAndPush('Step');
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } };
      await cluster.patch({ ...sourceKind, kind: 'GitRepository', name: 'apps' }, patch, { type: 'merge' });
      await waitUntil('the next step', async () => (await stepOf('from-flux')) === '2');
    });

    test('apply what an ExternalArtifact names, once its digest is right', async () => {
      const { bytes, digest } = await packArtifact(artifactOf({ 'apps/config.yaml': configMap('from-outside', '1') }, 'v1'));
      const server = createServer((_request, response) => response.end(bytes)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      stack.defer(async () => void server.close());
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/any.tar.gz`;
      await cluster.create({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'ExternalArtifact',
        metadata: { name: 'outside', namespace: 'default' },
        spec: { sourceRef: { kind: 'Producer', name: 'outside' } },
      } as KubeObject);
      const wrong = `sha256:${createHash('sha256').update('other').digest('hex')}`;
      const publish = (revision: string, told: string) => {
        const artifact = { path: 'any', url, revision, digest: told, lastUpdateTime: new Date().toISOString() };
        const ref = { ...sourceKind, kind: 'ExternalArtifact', name: 'outside' };
        return cluster.patch(ref, { status: { artifact } }, { type: 'merge', subresource: 'status', fieldManager: 'producer' });
      };
      await publish('v1', wrong);
      await cluster.create(kustomization('outside', 'ExternalArtifact'));
      await waitUntil('the refusal', async () => (await readyOf('outside'))?.reason === 'ArtifactFailed');
      expect((await readyOf('outside'))?.message).toContain(
        `what was sent has the digest ${digest}, and its source says ${wrong}`,
      );
      expect(await stepOf('from-outside')).toBeUndefined();
      await publish('v1', digest);
      await waitUntil('the step', async () => (await stepOf('from-outside')) === '1');
    });
  },
);
