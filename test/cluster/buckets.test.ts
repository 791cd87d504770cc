import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bucket } from '../../src/api/index.ts';
import { createApp } from '../../src/app/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { secret } from '../journeys/support/resources.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import {
  installFluxDefinitions,
  type KubeApiServer,
  type S3Server,
  startFluxControllers,
  startKubeApiServer,
  startS3Server,
  waitUntil,
} from '../real/index.ts';

const bucketKind = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'Bucket', namespace: 'default' };
const configMapKind = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default' };
const configMap = (step: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-bucket\n  namespace: default\ndata:\n  step: "${step}"\n`;

async function connect(api: KubeApiServer): Promise<Cluster> {
  return createCluster({ kubeconfig: { yaml: api.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog });
}

describeWithParts(
  ['kube-apiserver', 'etcd', 'kubectl', 'flux-controllers', 'versitygw'],
  "a bucket, beside Flux's own source-controller",
  () => {
    const stack = new AsyncDisposableStack();
    let s3: S3Server;
    let ours: Cluster;
    let flux: Cluster;

    async function startPlace(): Promise<{ api: KubeApiServer; cluster: Cluster }> {
      const api = stack.use(await startKubeApiServer());
      installFluxDefinitions(api);
      const cluster = await connect(api);
      stack.defer(() => cluster.close());
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };
      await cluster.apply(namespace, { fieldManager: 'test', force: true });
      await cluster.create(secret('s3', { accesskey: s3.accessKey, secretkey: s3.secretKey }));
      return { api, cluster };
    }

    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tagalong-bucket-'));
      stack.defer(() => rm(folder, { recursive: true, force: true }));
      s3 = stack.use(await startS3Server());
      await s3.createBucket('fleet');
      await s3.put('fleet', 'apps/config.yaml', configMap('1'));
      await s3.put('fleet', 'apps/notes.md', 'left out');
      await s3.put('fleet', 'apps-beside/a ü+b.yaml', 'kind: List\napiVersion: v1\nitems: []\n');
      await s3.put('fleet', 'logo.png', 'kept');
      await s3.put('fleet', '.sourceignore', '*.md\n');
      const theirs = await startPlace();
      flux = theirs.cluster;
      stack.use(await startFluxControllers(theirs.api, { controllers: ['source-controller'] }));
      const own = await startPlace();
      ours = own.cluster;
      const home = await connect(own.api);
      stack.defer(() => home.close());
      const app = await createApp({
        ...{ home, target: home, clock: systemClock, log: silentLog, stateFolder: join(folder, 'state') },
        ...{ controllers: ['source', 'kustomize'], artifacts: { host: '127.0.0.1', port: 0 }, allowLoopback: true },
      });
      stack.defer(() => app.stop());
      await app.start();
    }, 120_000);
    afterAll(() => stack.disposeAsync());

    const bucket = (name: string, spec: object = {}): KubeObject => ({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'Bucket',
      metadata: { name, namespace: 'default' },
      spec: { interval: '1h', bucketName: 'fleet', endpoint: s3.endpoint, insecure: true, secretRef: { name: 's3' }, ...spec },
    });
    const statusOf = async (cluster: Cluster, name: string) =>
      ((await cluster.get({ ...bucketKind, name })) as Bucket | null)?.status;
    const readyOf = async (cluster: Cluster, name: string) =>
      (await statusOf(cluster, name))?.conditions?.find(({ type }) => type === 'Ready');

    test.for<{ because: string; name: string; spec: object }>([
      { because: 'all of it, by the rules at its root', name: 'whole', spec: {} },
      { because: 'below a prefix', name: 'prefix', spec: { prefix: 'apps/' } },
      { because: 'with rules of the spec', name: 'ignore', spec: { ignore: '/*\n!/apps\n' } },
    ])('has the same revision, path and message as with Flux: $because', async ({ name, spec }) => {
      await Promise.all([flux, ours].map((cluster) => cluster.create(bucket(name, spec))));
      const [theirs, own] = await Promise.all(
        [flux, ours].map(async (cluster) => {
          await waitUntil(`${name} to be ready`, async () => (await readyOf(cluster, name))?.status === 'True');
          // Flux writes conditions first, and then the rest.
          await waitUntil(`${name} to have an artifact`, async () => (await statusOf(cluster, name))?.artifact !== undefined);
          const { artifact } = (await statusOf(cluster, name)) ?? {};
          const path = artifact?.path;
          return { revision: artifact?.revision, message: (await readyOf(cluster, name))?.message, path };
        }),
      );
      expect(own).toEqual(theirs);
    });

    test('is applied, and what changed there too', async () => {
      const stepOf = async () =>
        ((await ours.get({ ...configMapKind, name: 'from-bucket' }))?.['data'] as { step?: string } | undefined)?.step;
      await ours.create(bucket('applied'));
      const sourceRef = { kind: 'Bucket', name: 'applied' };
      await ours.create({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'applied', namespace: 'default' },
        spec: { interval: '1h', prune: true, path: './apps', sourceRef },
      } as KubeObject);
      await waitUntil('the first step', async () => (await stepOf()) === '1');
      await s3.put('fleet', 'apps/config.yaml', configMap('2'));
      const patch = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } };
      await ours.patch({ ...bucketKind, name: 'applied' }, patch, { type: 'merge' });
      await waitUntil('the next step', async () => (await stepOf()) === '2');
    });

    test.for<{ because: string; name: string; spec: object; says: RegExp }>([
      {
        because: 'a bucket that is not there',
        name: 'missing',
        spec: { bucketName: 'nowhere' },
        says: /bucket 'nowhere' not found/,
      },
      { because: 'nobody let in', name: 'anonymous', spec: { secretRef: null }, says: /AccessDenied/ },
      { because: 'nobody listening', name: 'away', spec: { endpoint: '127.0.0.1:1' }, says: /ECONNREFUSED/ },
    ])('$because is told', async ({ name, spec, says }) => {
      await ours.create(bucket(name, spec));
      await waitUntil('the failure', async () => (await readyOf(ours, name))?.status === 'False');
      const ready = await readyOf(ours, name);
      expect(ready).toMatchObject({ reason: 'BucketOperationFailed', message: expect.stringMatching(says) });
      expect(ready?.message).not.toContain(s3.secretKey);
    });
  },
);
