import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { customResourceDefinitions } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, requirePart, simulateNodes, startKubeApiServer, waitUntil } from '../real/index.ts';
import {
  configMap,
  configMapRef,
  deployment,
  deploymentRef,
  type Home,
  kustomization,
  kustomizationRef,
  openHome,
  type Process,
  readyOf,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from '../reconcilers/kustomization-fixture.ts';

const run = promisify(execFile);

describeWithParts(['kube-apiserver', 'kube-controller-manager', 'etcd', 'kubectl'], 'Kustomizations on a real API server', () => {
  let api: KubeApiServer;
  let nodes: AsyncDisposable;
  let home: Home;
  let running: Process;

  beforeAll(async () => {
    api = await startKubeApiServer({ controllerManager: true });
    nodes = simulateNodes(
      { url: api.url, token: api.token, caData: api.caData },
      { canPull: (image) => !image.includes('broken') },
    );
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
    await nodes?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  const kubectl = (...args: string[]) => run(requirePart('kubectl'), ['--kubeconfig', api.kubeconfigPath, ...args]);
  const source = (name: string) => ({ sourceRef: { kind: 'GitRepository', name } });
  /** A Kustomization `name` with a source of its own, so that the tests do not meet. */
  async function start(name: string, files: Record<string, string>, spec: Record<string, unknown> = {}): Promise<string> {
    await home.create(kustomization(name, { path: './', ...source(name), ...spec }));
    return home.commit(files, name);
  }

  test('objects that Flux applied are taken over without a write: no version and no generation moves', async () => {
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'takeover', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' };
    // As Flux 2.9.4 sends it: with the empty structures of its typed round trip.
    const web = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'takeover', namespace: 'default', labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'takeover' } },
        strategy: {},
        template: {
          metadata: { labels: { app: 'takeover' } },
          spec: { containers: [{ name: 'app', image: 'x:1', resources: {} }] },
        },
      },
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'takeover', namespace: 'default', labels },
      data: { k: 'bm90LWEtc2VjcmV0' },
    };
    const flux = { fieldManager: 'kustomize-controller', force: true };
    for (const object of [web, secret]) await home.cluster.apply(object, flux);
    const refs = [deploymentRef('takeover'), { ...configMapRef('takeover'), kind: 'Secret' }];
    await waitUntil('the rollout', async () => {
      const status = (await home.get(deploymentRef('takeover')))?.['status'] as { readyReplicas?: number } | undefined;
      return status?.readyReplicas === 1;
    });
    const read = async () => (await Promise.all(refs.map((ref) => home.get(ref)))).map((object) => object?.metadata);
    const before = await read();
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: takeover, namespace: default}\nstringData: {k: not-a-secret}\n';
    const revision = await start('takeover', { 'web.yaml': deployment('takeover'), 'secret.yaml': text });
    await waitReady(home, 'takeover', revision);
    expect(await read()).toEqual(before);
  });

  test('a definition, its namespace and its object come up in one go', async () => {
    const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
`;
    const widget = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, namespace: fresh}\nspec: {size: 1}\n';
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n';
    const files = { 'a.yaml': widget, 'b.yaml': definition, 'c.yaml': namespace };
    await waitReady(home, 'crd', await start('crd', files));
    const ref = { group: 'example.com', version: 'v1', kind: 'Widget', namespace: 'fresh', name: 'a' };
    expect((await home.get(ref))?.['spec']).toEqual({ size: 1 });
    await kubectl('patch', 'widget', 'a', '-n', 'fresh', '--type=merge', '-p', '{"spec":{"size":9}}');
    await waitUntil('the drift to be undone', async () => JSON.stringify((await home.get(ref))?.['spec']) === '{"size":1}');
  });

  test('what people do with kubectl is undone at once: scale, set env, edit, label, delete', async () => {
    await waitReady(home, 'drift', await start('drift', { 'web.yaml': deployment('drift'), 'a.yaml': configMap('drift') }));
    const spec = async () => (await home.get(deploymentRef('drift')))?.['spec'];
    const wanted = { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'x:1' }] } } };
    for (const args of [
      ['scale', 'deployment/drift', '--replicas=3'],
      ['set', 'image', 'deployment/drift', 'app=x:2'],
      ['set', 'env', 'deployment/drift', 'EXTRA=1'],
    ]) {
      const generation = (await home.get(deploymentRef('drift')))?.metadata.generation ?? 0;
      await kubectl(...args);
      await waitUntil(`${args.join(' ')} to be undone`, async () => {
        expect(await spec()).toMatchObject(wanted);
        expect(JSON.stringify(await spec())).not.toContain('EXTRA');
        return ((await home.get(deploymentRef('drift')))?.metadata.generation ?? 0) >= generation + 2;
      });
    }
    await kubectl('label', 'configmap/drift', 'kustomize.toolkit.fluxcd.io/name-');
    await waitUntil('the label to be back', async () => {
      const labels = (await home.get(configMapRef('drift')))?.metadata.labels ?? {};
      return labels['kustomize.toolkit.fluxcd.io/name'] === 'drift';
    });
    const uid = (await home.get(configMapRef('drift')))?.metadata.uid;
    await kubectl('delete', 'configmap/drift');
    await waitUntil('it to be back', async () => ((await home.get(configMapRef('drift')))?.metadata.uid ?? uid) !== uid);
  });

  test('an object of kubectl’s is taken over with all its fields', async () => {
    await kubectl('create', 'configmap', 'kubectls', '--from-literal=value=old', '--from-literal=extra=x');
    await waitReady(home, 'kubectls', await start('kubectls', { 'a.yaml': configMap('kubectls') }));
    expect((await home.get(configMapRef('kubectls')))?.['data']).toEqual({ value: '1' });
  });

  test('an immutable selector is an error, and with force the Deployment is made anew', async () => {
    await waitReady(home, 'force', await start('force', { 'web.yaml': deployment('force') }));
    const revision = await home.commit({ 'web.yaml': deployment('force').replaceAll('app: force', 'app: other') }, 'force');
    expect((await waitReason(home, 'force', 'ReconciliationFailed'))?.message).toMatch(
      /Deployment\/default\/force dry-run failed \(Invalid\): .*immutable/s,
    );
    await home.cluster.patch(kustomizationRef('force'), { spec: { force: true } }, { type: 'merge' });
    await waitReady(home, 'force', revision);
    expect((await home.get(deploymentRef('force')))?.['spec']).toMatchObject({ selector: { matchLabels: { app: 'other' } } });
  });

  test('with wait, a rollout that cannot pull fails by its name, and the fixed one is ready', async () => {
    const web = (image: string) =>
      deployment('waits', 1, image).replace('spec:\n  replicas', 'spec:\n  progressDeadlineSeconds: 2\n  replicas');
    await waitReady(home, 'waits', await start('waits', { 'web.yaml': web('x:1') }, { wait: true }));
    await home.commit({ 'web.yaml': web('x:broken') }, 'waits');
    expect((await waitReason(home, 'waits', 'HealthCheckFailed'))?.message).toContain(
      "[Deployment/default/waits status: 'Failed']",
    );
    await waitReady(home, 'waits', await home.commit({ 'web.yaml': web('x:2') }, 'waits'));
  });

  test('prune, and deleting the Kustomization, take the objects along', async () => {
    await waitReady(home, 'gone', await start('gone', { 'a.yaml': configMap('gone-a'), 'b.yaml': configMap('gone-b') }));
    await waitReady(home, 'gone', await home.commit({ 'a.yaml': configMap('gone-a') }, 'gone'));
    expect(await home.get(configMapRef('gone-b'))).toBeNull();
    await kubectl('delete', 'kustomization', 'gone', '-n', 'flux-system');
    expect(await home.get(configMapRef('gone-a'))).toBeNull();
  });

  test('the server accepts our status as it is, and says the same after a restart', async () => {
    const before = await statusOf(home, 'drift');
    await running[Symbol.asyncDispose]();
    running = await startProcess(home);
    await waitUntil('its first runs', () => running.runs.some(({ key }) => key === 'flux-system/drift'));
    expect(await readyOf(home, 'drift')).toMatchObject({ status: 'True' });
    expect((await statusOf(home, 'drift'))?.inventory).toEqual(before?.inventory);
  });
});
