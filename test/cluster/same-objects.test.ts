import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { KubernetesClient, type Loose } from '../contract/kubernetes-client.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer } from '../real/index.ts';

const namespace = 'same-objects';
const text = await readFile(join(import.meta.dirname, '../contract/fixtures/kinds.yaml'), 'utf8');
const manifests: Loose[] = parseAllDocuments(text).map((document) => document.toJS());

/** What no two servers have in common, and what admission of a volume claim adds for a controller that we have not. */
const incomparable = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'time',
  'clusterIP',
  'clusterIPs',
  'nodePort',
  'finalizers',
]);

describeWithParts(['kube-apiserver', 'etcd'], 'the embedded control plane and a real API server', () => {
  let real: KubeApiServer;
  let embedded: ControlPlane;
  let clients: readonly KubernetesClient[];

  beforeAll(async () => {
    real = await startKubeApiServer();
    embedded = await startControlPlane({ clock: systemClock, log: silentLog });
    clients = [new KubernetesClient({ url: real.url, token: real.token, caPem: real.caData }), new KubernetesClient(embedded)];
    for (const client of clients) await client.post('/api/v1/namespaces', { metadata: { name: namespace } });
  });
  afterAll(async () => {
    await Promise.all((clients ?? []).map((client) => client.close()));
    await embedded?.stop();
    await real?.[Symbol.asyncDispose]();
  });

  const collectionOf = async (client: KubernetesClient, { apiVersion, kind }: Loose) => {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const { resources } = (await client.get(root)).body;
    const { name, namespaced } = resources.find((resource: Loose) => resource.kind === kind && !resource.name.includes('/'));
    return namespaced ? `${root}/namespaces/${namespace}/${name}` : `${root}/${name}`;
  };
  const onBoth = async (act: (client: KubernetesClient, collection: string) => Promise<Loose>, manifest: Loose) => {
    const [truth, ours] = await Promise.all(
      clients.map(async (client) => comparable(await act(client, await collectionOf(client, manifest)))),
    );
    return { truth, ours };
  };

  test.for(manifests.map((manifest) => ({ kind: `${manifest.kind} ${manifest.metadata.name}`, manifest })))(
    'make the same of $kind',
    async ({ manifest }) => {
      const [created, applied] = [rename(manifest, 'created'), rename(manifest, 'applied')];
      const apply = (client: KubernetesClient, path: string, config: Loose) =>
        client.patch('apply', `${path}/${config.metadata.name}?fieldManager=me`, config);
      const steps = [
        await onBoth((client, path) => client.post(path, created), manifest),
        await onBoth((client, path) => apply(client, path, applied), manifest),
        await onBoth(
          (client, path) => apply(client, path, { ...applied, metadata: { ...applied.metadata, labels: { applied: 'again' } } }),
          manifest,
        ),
        await onBoth(
          async (client, path) =>
            client.put(`${path}/${applied.metadata.name}`, (await client.get(`${path}/${applied.metadata.name}`)).body),
          manifest,
        ),
      ];
      for (const { truth, ours } of steps) expect(ours).toEqual(truth);
      expect(steps.map(({ truth }) => truth.code)).toEqual([201, 201, 200, 200]);
    },
  );
});

function rename(manifest: Loose, suffix: string): Loose {
  return { ...manifest, metadata: { ...manifest.metadata, name: `${manifest.metadata.name}-${suffix}` } };
}

function comparable({ code, body }: Loose): Loose {
  return { code, body: strip(body) };
}

function strip(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !incomparable.has(name))
      .map(([name, member]) => [name, strip(member)]),
  );
}
