import { afterAll, beforeAll, expect, test } from 'vitest';
import { customResourceDefinitions } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer, waitUntil } from '../real/index.ts';
import {
  configMap,
  type Home,
  kustomization,
  kustomizationRef,
  openHome,
  type Process,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from '../reconcilers/kustomization-fixture.ts';

const rbac = 'rbac.authorization.k8s.io/v1';

describeWithParts(['kube-apiserver', 'etcd'], 'ServiceAccounts on a real API server with RBAC', () => {
  let api: KubeApiServer;
  let home: Home;
  let running: Process;

  beforeAll(async () => {
    api = await startKubeApiServer();
    home = await openHome(api.kubeconfigYaml);
    for (const definition of customResourceDefinitions())
      await home.cluster.apply(definition as unknown as KubeObject, { fieldManager: 'test', force: true });
    for (const { spec } of customResourceDefinitions()) {
      const kind = { group: spec.group, version: spec.versions[0]?.name ?? 'v1', kind: spec.names.kind };
      await waitUntil(`${spec.names.kind} to be served`, async () => (await home.cluster.resource(kind)) !== null);
    }
    running = await startProcess(home);
  });

  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  const manifest = (name: string, value = '1', namespace = name) => configMap(name, value).replace('default', namespace);
  const ref = (name: string, namespace = name) => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace, name });
  const dataOf = async (name: string) => (await home.get(ref(name)))?.['data'];
  const source = (name: string) => ({ path: './', sourceRef: { kind: 'GitRepository', name } });

  /** A namespace and an account that may do this with its ConfigMaps, and nothing else anywhere. */
  async function createTenant(name: string, verbs: readonly string[]): Promise<void> {
    const metadata = { name, namespace: name };
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'flux-system' } },
      { apiVersion: rbac, kind: 'Role', metadata, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }] },
      {
        apiVersion: rbac,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'flux-system' }],
      },
    ];
    for (const object of objects) await home.cluster.apply(object as KubeObject, { fieldManager: 'test', force: true });
  }

  async function start(name: string, files: Record<string, string>): Promise<string> {
    await home.create(kustomization(name, { ...source(name), serviceAccountName: name }));
    return home.commit(files, name);
  }

  const eventsOf = async (name: string) =>
    (await home.cluster.list({ group: '', version: 'v1', kind: 'Event' })).items.filter(
      (event) => (event['involvedObject'] as { name?: string }).name === name,
    );

  const everything = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

  test('what the account may do is done, and drift is undone at once from a watch of its namespace alone', async () => {
    await createTenant('inside', everything);
    await waitReady(home, 'inside', await start('inside', { 'a.yaml': manifest('inside') }));
    await home.cluster.patch(ref('inside'), { data: { value: 'by hand' } }, { type: 'merge', fieldManager: 'somebody' });
    await waitUntil('the drift to be undone', async () => JSON.stringify(await dataOf('inside')) === '{"value":"1"}');
    await home.cluster.delete(ref('inside'));
    await waitUntil('it to be back', async () => (await dataOf('inside')) !== undefined);
    expect((await eventsOf('inside')).map(({ reason }) => reason)).not.toContain('DriftUnwatched');
  });

  test('what it may not do is refused by the server, and nothing of the stage is written', async () => {
    await createTenant('outside', everything);
    await start('outside', { 'a.yaml': manifest('outside'), 'b.yaml': manifest('outside', '1', 'default') });
    const ready = await waitReason(home, 'outside', 'ReconciliationFailed');
    expect(ready?.message).toContain('system:serviceaccount:flux-system:outside');
    expect(ready?.message).toMatch(/ConfigMap\/default\/outside dry-run failed \(Forbidden\)/);
    expect(await home.get(ref('outside'))).toBeNull();
    expect(await home.get(ref('outside', 'default'))).toBeNull();
  });

  test('an account that may not watch is told about, and drift is undone when somebody asks', async () => {
    await createTenant('blind', ['get', 'create', 'patch', 'delete']);
    await waitReady(home, 'blind', await start('blind', { 'a.yaml': manifest('blind') }));
    await waitUntil('the event', async () => (await eventsOf('blind')).some(({ reason }) => reason === 'DriftUnwatched'));
    await home.cluster.patch(ref('blind'), { data: { value: 'by hand' } }, { type: 'merge', fieldManager: 'somebody' });
    const annotations = { 'reconcile.fluxcd.io/requestedAt': '1' };
    await home.cluster.patch(kustomizationRef('blind'), { metadata: { annotations } }, { type: 'merge', fieldManager: 'test' });
    await waitUntil('the drift to be undone', async () => JSON.stringify(await dataOf('blind')) === '{"value":"1"}');
  });

  test('a prune that it may not do fails, keeps the object in the inventory, and is done once it may', async () => {
    await createTenant('keeper', ['get', 'list', 'watch', 'create', 'patch']);
    await waitReady(
      home,
      'keeper',
      await start('keeper', { 'a.yaml': manifest('keeper'), 'b.yaml': manifest('other', '1', 'keeper') }),
    );
    const revision = await home.commit({ 'a.yaml': manifest('keeper') }, 'keeper');
    await waitReason(home, 'keeper', 'PruneFailed');
    expect((await statusOf(home, 'keeper'))?.inventory?.entries.map(({ id }) => id)).toContain('keeper_other__ConfigMap');
    await createTenant('keeper', everything);
    const annotations = { 'reconcile.fluxcd.io/requestedAt': '1' };
    await home.cluster.patch(kustomizationRef('keeper'), { metadata: { annotations } }, { type: 'merge', fieldManager: 'test' });
    await waitReady(home, 'keeper', revision);
    expect(await home.get(ref('other', 'keeper'))).toBeNull();
  });

  test('its deletion deletes as the account, and without the account leaves the objects', async () => {
    await createTenant('leaving', everything);
    await createTenant('left', everything);
    await waitReady(home, 'leaving', await start('leaving', { 'a.yaml': manifest('leaving') }));
    await waitReady(home, 'left', await start('left', { 'a.yaml': manifest('left') }));
    await home.cluster.delete({ group: '', version: 'v1', kind: 'ServiceAccount', namespace: 'flux-system', name: 'left' });
    for (const name of ['leaving', 'left']) await home.cluster.delete(kustomizationRef(name));
    for (const name of ['leaving', 'left'])
      await waitUntil(`${name} to go`, async () => (await home.get(kustomizationRef(name))) === null);
    expect(await home.get(ref('leaving'))).toBeNull();
    expect(await home.get(ref('left'))).not.toBeNull();
  });
});
