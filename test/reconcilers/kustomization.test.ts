import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Files,
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  type Process,
  readyOf,
  startHome,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;

beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});

afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const applies = () => home.requests().filter(({ verb, path }) => verb === 'apply' && !path.includes('/kustomizations/'));

test('what is under the path is applied, with Flux’s labels, field manager, inventory, history and message', async () => {
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await home.create(kustomization('app'));
  await waitReady(home, 'app', revision);
  const applied = await home.get(configMapRef('a'));
  expect(applied?.metadata.labels).toEqual({
    'kustomize.toolkit.fluxcd.io/name': 'app',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  });
  expect(applied?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
    ['kustomize-controller', 'Apply'],
  ]);
  const status = await statusOf(home, 'app');
  expect(status).toMatchObject({
    inventory: { entries: [{ id: 'default_a__ConfigMap', v: 'v1' }] },
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    observedGeneration: 1,
    history: [{ lastReconciledStatus: 'ReconciliationSucceeded', totalReconciliations: 1, metadata: { revision } }],
  });
  expect((await readyOf(home, 'app'))?.message).toBe(`Applied revision: ${revision}`);
  expect(status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
});

test('only the object that a commit changed is sent', async () => {
  const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b'), 'app/c.yaml': configMap('c') };
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(files));
  await waitUntil('quiet', () => running.engine.isIdle());
  home.clearRequests();
  await waitReady(home, 'app', await home.commit({ ...files, 'app/b.yaml': configMap('b', '2') }));
  expect(applies().map(({ path }) => path.replace(/\?.*/, ''))).toEqual(['/api/v1/namespaces/default/configmaps/b']);
  expect((await home.get(configMapRef('b')))?.['data']).toEqual({ value: '2' });
});

test('a run without news sends no apply and no request about any object', async () => {
  const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') };
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(files));
  await waitUntil('quiet', () => running.engine.isIdle());
  home.clearRequests();
  await waitReady(home, 'app', await home.commit({ ...files, 'elsewhere/x.yaml': configMap('x') }));
  expect(applies()).toEqual([]);
  expect(home.requests().filter(({ path }) => path.includes('configmaps'))).toEqual([]);
  expect(running.builder.built).toBe(1);
});

test('an object that left the path is deleted', async () => {
  const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') };
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit(files));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  expect(await home.get(configMapRef('b'))).toBeNull();
  expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_a__ConfigMap']);
});

test('without prune it stays, and only leaves the inventory', async () => {
  await home.create(kustomization('app', { prune: false }));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  expect(await home.get(configMapRef('b'))).not.toBeNull();
  expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_a__ConfigMap']);
});

test.for([
  { files: { 'other/a.yaml': configMap('a') }, reason: 'ArtifactFailed', says: /^kustomization path not found: / },
  { files: { 'app/readme.md': 'x' }, reason: 'BuildFailed', says: /holds no manifests/ },
  { files: { 'app/a.yaml': 'a: [' }, reason: 'BuildFailed', says: /^failed to decode Kubernetes YAML from app\/a\.yaml:1/ },
  {
    files: { 'app/a.yaml': configMap('a').replace('namespace: default', 'namespace: nowhere') },
    reason: 'ReconciliationFailed',
    says: /ConfigMap\/nowhere\/a not found: /,
  },
  {
    files: { 'app/a.yaml': configMap('a').replace('  namespace: default\n', '') },
    reason: 'ReconciliationFailed',
    says: /ConfigMap\/a namespace not specified: /,
  },
  {
    files: {
      'app/a.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\ndata: {k: x}\nsops: {mac: "ENC[x]"}\n',
    },
    reason: 'ReconciliationFailed',
    says: /^Secret\/default\/s is SOPS encrypted, configuring decryption is required/,
  },
  {
    files: { 'app/a.yaml': 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: default}\n' },
    reason: 'ReconciliationFailed',
    says: /Thing\/default\/a dry-run failed.*no matches for kind "Thing"/,
  },
])(
  'a broken revision is told as $reason, leaves what runs alone, and the next good one heals it',
  async ({ files, reason, says }) => {
    await home.create(kustomization('app'));
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b') }));
    await home.commit(files as unknown as Files);
    expect((await waitReason(home, 'app', reason))?.message).toMatch(says);
    expect(await home.get(configMapRef('a'))).not.toBeNull();
    expect(await home.get(configMapRef('b'))).not.toBeNull();
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a', '2'), 'app/b.yaml': configMap('b') }));
    expect((await statusOf(home, 'app'))?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  },
);

test('a source that is not there, or has no artifact yet, is told and then waited for', async () => {
  await home.create(kustomization('app'));
  expect((await waitReason(home, 'app', 'ArtifactFailed'))?.message).toMatch(
    /^gitrepositories\.source\.toolkit\.fluxcd\.io "app" not found/,
  );
  await home.create({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'app', namespace: 'flux-system' },
    spec: { url: 'https://git.example/app.git', interval: '1h' },
  });
  await waitUntil(
    'the missing artifact to be told',
    async () => (await readyOf(home, 'app'))?.message.startsWith('Source artifact not found') ?? false,
  );
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
});

test('a definition is established before its objects are applied, whatever their files are called', async () => {
  const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things, singular: thing, listKind: ThingList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`;
  const thing = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: fresh}\nspec: {size: 1}\n';
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n';
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': thing, 'app/b.yaml': definition, 'app/c.yaml': namespace }));
  expect(await home.get({ group: 'example.com', version: 'v1', kind: 'Thing', namespace: 'fresh', name: 'a' })).not.toBeNull();
});

test('nothing of a stage is written when one object of it is refused', async () => {
  await home.create(kustomization('app'));
  const bad = configMap('b').replace('namespace: default', 'namespace: nowhere');
  await home.commit({ 'app/a.yaml': configMap('a'), 'app/b.yaml': bad });
  await waitReason(home, 'app', 'ReconciliationFailed');
  expect(await home.get(configMapRef('a'))).toBeNull();
});

test('annotations on objects are obeyed: skipped, created once, never deleted', async () => {
  const annotated = (name: string, key: string, value: string, data = '1') =>
    configMap(name, data).replace('metadata:\n', `metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/${key}: ${value}}\n`);
  await home.create(kustomization('app'));
  const files = (data: string) => ({
    'app/a.yaml': annotated('ignored', 'ssa', 'Ignore', data),
    'app/b.yaml': annotated('once', 'ssa', 'IfNotPresent', data),
    'app/c.yaml': annotated('disabled', 'reconcile', 'Disabled', data),
    'app/d.yaml': configMap('plain', data),
  });
  await waitReady(home, 'app', await home.commit({ ...files('1'), 'app/e.yaml': annotated('kept', 'prune', 'disabled') }));
  expect(await home.get(configMapRef('ignored'))).toBeNull();
  expect(await home.get(configMapRef('disabled'))).toBeNull();
  await waitReady(home, 'app', await home.commit(files('2')));
  expect((await home.get(configMapRef('once')))?.['data']).toEqual({ value: '1' });
  expect((await home.get(configMapRef('plain')))?.['data']).toEqual({ value: '2' });
  expect(await home.get(configMapRef('kept'))).not.toBeNull();
});

test('an immutable field is an error, and with force the object is made anew', async () => {
  const immutable = (value: string) => `${configMap('a', value)}immutable: true\n`;
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': immutable('1') }));
  const uid = (await home.get(configMapRef('a')))?.metadata.uid;
  const revision = await home.commit({ 'app/a.yaml': immutable('2') });
  expect((await waitReason(home, 'app', 'ReconciliationFailed'))?.message).toMatch(
    /ConfigMap\/default\/a dry-run failed \(Invalid\): .*immutable/s,
  );
  await home.cluster.patch(kustomizationRef('app'), { spec: { force: true } }, { type: 'merge' });
  await waitReady(home, 'app', revision);
  const live = await home.get(configMapRef('a'));
  expect(live?.['data']).toEqual({ value: '2' });
  expect(live?.metadata.uid).not.toBe(uid);
});

test('an object that kubectl made is taken over, with what kubectl left removed', async () => {
  await home.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'default', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
  });
  await home.cluster.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data: { value: 'old', extra: 'x' } },
    { fieldManager: 'kubectl', force: true },
  );
  await home.create(kustomization('app'));
  await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  const live = await home.get(configMapRef('a'));
  expect(live?.['data']).toEqual({ value: '1' });
  expect(live?.metadata.annotations ?? {}).toEqual({});
});

test('events tell what changed, with the revision, and that it is finished; a run without news tells nothing', async () => {
  await home.create(kustomization('app'));
  const files = { 'app/a.yaml': configMap('a') };
  const revision = await home.commit(files);
  await waitReady(home, 'app', revision);
  const eventKind = { group: '', version: 'v1', kind: 'Event' };
  const events = async () => (await home.cluster.list(eventKind, { namespace: 'flux-system' })).items;
  await waitUntil('events', async () => (await events()).length >= 2);
  const told = (await events()).map((event) => [event['reason'], event['message'], event.metadata.annotations]);
  expect(told).toContainEqual([
    'Progressing',
    'ConfigMap/default/a created',
    { 'kustomize.toolkit.fluxcd.io/revision': revision },
  ]);
  expect(told.map(([reason]) => reason)).toContain('ReconciliationSucceeded');
  await waitUntil('quiet', () => running.engine.isIdle());
  const before = running.runs.length;
  running.engine.wake({ kind: 'Kustomization', namespace: 'flux-system', name: 'app' }, 'test');
  await waitUntil('another run', () => running.runs.length > before);
  expect(await events()).toHaveLength(told.length);
});
