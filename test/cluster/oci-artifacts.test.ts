import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OciRepository } from '../../src/api/index.ts';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import {
  type DockerRegistry,
  installFluxDefinitions,
  type KubeApiServer,
  startDockerRegistry,
  startFluxControllers,
  startKubeApiServer,
  waitUntil,
} from '../real/index.ts';
import { runFlux } from './support/flux.ts';

const ociKind = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: 'default' };
const configMap = (step: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-oci\n  namespace: default\ndata:\n  step: "${step}"\n`;

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'flux-controllers', 'flux', 'docker-registry'],
  "what flux pushes, beside Flux's own source-controller",
  () => {
    const stack = new AsyncDisposableStack();
    let folder: string;
    let registry: DockerRegistry;
    let ours: Cluster;
    let flux: Cluster;
    let kubeconfig: string;

    const connect = async (api: KubeApiServer) => {
      const shared = { userAgent: 'test', clock: systemClock, log: silentLog };
      const cluster = await createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, ...shared });
      stack.defer(() => cluster.close());
      return cluster;
    };
    const startPlace = async () => {
      const api = stack.use(await startKubeApiServer());
      installFluxDefinitions(api);
      const cluster = await connect(api);
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
      await cluster.apply(namespace, { fieldManager: 'test', force: true });
      return { api, cluster };
    };
    const push = async (tag: string, step: string) => {
      await writeFile(join(folder, 'manifests', 'config.yaml'), configMap(step));
      const url = `oci://${registry.host}/fleet:${tag}`;
      const origin = ['--source=https://git.example/fleet', `--revision=main@sha1:${step}`];
      const pushed = await runFlux(kubeconfig, 'push', 'artifact', url, `--path=${join(folder, 'manifests')}`, ...origin);
      if (pushed.code !== 0) throw new Error(pushed.stderr);
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tagalong-oci-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      await mkdir(join(folder, 'manifests'));
      await writeFile(join(folder, 'manifests', 'notes.md'), 'kept: there are no rules');
      registry = stack.use(await startDockerRegistry());
      const theirs = await startPlace();
      flux = theirs.cluster;
      stack.use(await startFluxControllers(theirs.api, { controllers: ['source-controller'] }));
      const own = await startPlace();
      ours = own.cluster;
      kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, own.api.kubeconfigYaml);
      const home = await connect(own.api);
      const app = await createApp({
        ...{ home, target: home, clock: systemClock, log: silentLog, stateFolder: join(folder, 'state') },
        ...{ controllers: ['source', 'kustomize'], artifacts: { host: '127.0.0.1', port: 0 }, allowLoopback: true },
      });
      stack.defer(() => app.stop());
      await app.start();
      await push('1.0.0', '1');
      await push('1.1.0', '2');
      await push('2.0.0-rc.1', '3');
    }, 120_000);
    afterAll(() => stack.disposeAsync());

    const repository = (name: string, spec: object): KubeObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name, namespace: 'default' },
      spec: { interval: '1h', url: `oci://${registry.host}/fleet`, insecure: true, ...spec },
    });
    const statusOf = async (cluster: Cluster, name: string) =>
      ((await cluster.get({ ...ociKind, name })) as OciRepository | null)?.status;
    const settled = async (cluster: Cluster, name: string, status: string) => {
      const readyOf = async () => (await statusOf(cluster, name))?.conditions?.find(({ type }) => type === 'Ready');
      // Flux writes conditions first, and then the rest.
      const isWritten = async () => status === 'False' || (await statusOf(cluster, name))?.artifact !== undefined;
      await waitUntil(`${name} to be ${status}`, async () => (await readyOf())?.status === status && (await isWritten()));
      const { artifact } = (await statusOf(cluster, name)) ?? {};
      return { ready: await readyOf(), artifact };
    };

    test.for<{ because: string; name: string; spec: object }>([
      { because: 'a tag', name: 'tag', spec: { ref: { tag: '1.0.0' } } },
      { because: 'a range', name: 'range', spec: { ref: { semver: '1.x' } } },
      { because: 'a range with a filter', name: 'filter', spec: { ref: { semver: '>=0.0.0-0', semverFilter: '.*-rc.*' } } },
      { because: 'the layer as it is', name: 'copy', spec: { ref: { tag: '1.1.0' }, layerSelector: { operation: 'copy' } } },
    ])('has the same revision, path, annotations and message as with Flux: $because', async ({ name, spec }) => {
      await Promise.all([flux, ours].map((cluster) => cluster.create(repository(name, spec))));
      const [theirs, own] = await Promise.all(
        [flux, ours].map(async (cluster) => {
          const { ready, artifact } = await settled(cluster, name, 'True');
          const { revision, path, metadata } = artifact ?? {};
          // A copied layer is the same bytes wherever it is; packed ones are compressed by whoever packs them.
          const digest = name === 'copy' ? artifact?.digest : '';
          return { message: ready?.message, reason: ready?.reason, revision, path, metadata, digest };
        }),
      );
      expect(own).toEqual(theirs);
    });

    test.for<{ because: string; name: string; spec: object }>([
      { because: 'no such tag', name: 'no-tag', spec: { ref: { tag: 'none' } } },
      { because: 'no such version', name: 'no-version', spec: { ref: { semver: '9.x' } } },
      { because: 'no such layer', name: 'no-layer', spec: { ref: { tag: '1.0.0' }, layerSelector: { mediaType: 'text/plain' } } },
    ])('fails for the same reason as with Flux: $because', async ({ name, spec }) => {
      await Promise.all([flux, ours].map((cluster) => cluster.create(repository(name, spec))));
      const [theirs, own] = await Promise.all(
        [flux, ours].map(async (cluster) => (await settled(cluster, name, 'False')).ready?.reason),
      );
      expect(own).toBe(theirs);
    });

    test('is applied', async () => {
      await ours.create(repository('applied', { ref: { semver: '1.x' } }));
      await ours.create({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'applied', namespace: 'default' },
        spec: { interval: '1h', prune: true, path: './', sourceRef: { kind: 'OCIRepository', name: 'applied' } },
      } as KubeObject);
      const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'from-oci' };
      await waitUntil('the ConfigMap', async () => JSON.stringify((await ours.get(ref))?.['data']) === '{"step":"2"}');
    });

    test('is listed and reconciled by the flux CLI', async () => {
      const listed = await runFlux(kubeconfig, 'get', 'sources', 'oci', '-n', 'default');
      expect(listed.stdout).toMatch(/tag\s+1\.0\.0@sha256:[0-9a-f]{8}\s+False\s+True\s+stored artifact for digest/);
      const asked = await runFlux(kubeconfig, 'reconcile', 'source', 'oci', 'tag', '-n', 'default', '--timeout', '20s');
      expect(asked).toMatchObject({ code: 0, stderr: expect.stringMatching(/✔ fetched revision 1\.0\.0@sha256:/) });
    });
  },
);
