import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ControlPlaneError } from '../../src/control-plane/index.ts';
import { widgetDefinition } from '../contract/widget-definition.ts';
import { startForTest } from './start-for-test.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const widgets = '/apis/contract.example/v1/namespaces/default/widgets';
let stateFolder: string;

beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'control-plane-'));
});
afterEach(() => rm(stateFolder, { recursive: true }));

test('objects survive a restart, and versions go on counting', async () => {
  const before = await startForTest({ stateFolder });
  const { body } = await before.client.post(maps, { metadata: { name: 'kept' }, data: { a: '1' } });
  await before.client.post(maps, { metadata: { name: 'gone' } });
  await before.client.delete(`${maps}/gone`);
  await before[Symbol.asyncDispose]();

  await using after = await startForTest({ stateFolder });
  expect((await after.client.get(`${maps}/kept`)).body).toEqual(body);
  expect((await after.client.get(`${maps}/gone`)).code).toBe(404);
  const { body: next } = await after.client.post(maps, { metadata: { name: 'next' } });
  expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(body.metadata.resourceVersion) + 2);
});

test('custom kinds are served again', async () => {
  const before = await startForTest({ stateFolder });
  await before.client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
  await before.client.post(widgets, {
    apiVersion: 'contract.example/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { interval: '1m' },
  });
  await before[Symbol.asyncDispose]();

  await using after = await startForTest({ stateFolder });
  expect((await after.client.get(`${widgets}/w`)).body.spec).toEqual({ interval: '1m', mode: 'x' });
});

test('a watch from before a restart has to list again', async () => {
  const before = await startForTest({ stateFolder });
  const { body } = await before.client.get(maps);
  await before.client.post(maps, { metadata: { name: 'missed' } });
  await before[Symbol.asyncDispose]();

  await using after = await startForTest({ stateFolder });
  const [event] = await after.client.watch(
    `${maps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`,
    ({ length }) => length === 1,
  );
  expect(event).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
});

test('a deletion that was under way goes on', async () => {
  const before = await startForTest({ stateFolder });
  await before.client.post('/api/v1/namespaces', { metadata: { name: 'ending' } });
  const held = '/api/v1/namespaces/ending/configmaps';
  await before.client.post(held, { metadata: { name: 'held', finalizers: ['example.com/hold'] } });
  await before.client.delete('/api/v1/namespaces/ending');
  await before[Symbol.asyncDispose]();

  await using after = await startForTest({ stateFolder });
  expect((await after.client.get('/api/v1/namespaces/ending')).body.status.phase).toBe('Terminating');
  await after.client.patch('merge', `${held}/held`, { metadata: { finalizers: null } });
  await expect.poll(async () => (await after.client.get('/api/v1/namespaces/ending')).code).toBe(404);
});

test('nobody else may read the state or the kubeconfig', async () => {
  await using started = await startForTest({ stateFolder: join(stateFolder, 'inner') });
  const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  expect(await mode(join(stateFolder, 'inner'))).toBe('700');
  for (const name of await readdir(join(stateFolder, 'inner')))
    expect(`${name} ${await mode(join(stateFolder, 'inner', name))}`).toBe(`${name} 600`);
  expect(await readFile(`${started.plane.kubeconfigPath}`, 'utf8')).toBe(started.plane.kubeconfigYaml);
});

test('a kubeconfig that was open to others is closed', async () => {
  const path = join(stateFolder, 'kubeconfig');
  await writeFile(path, 'old');
  await chmod(path, 0o644);
  await using _ = await startForTest({ stateFolder });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('a state that is no database is refused with what to do', async () => {
  await writeFile(
    join(stateFolder, 'control-plane.sqlite'),
    'not a database, but long enough to be looked at as one'.repeat(100),
  );
  const start = startForTest({ stateFolder });
  await expect(start).rejects.toThrow(ControlPlaneError);
  await expect(start).rejects.toThrow(/opening the state of the control plane in .* failed: .*move the file away to start empty/);
});

test('a port that is taken is refused with what to do', async () => {
  await using first = await startForTest();
  const port = Number(new URL(first.plane.url).port);
  await expect(startForTest({ port })).rejects.toThrow(
    /listening on 127\.0\.0\.1:\d+ for the control plane failed: .*choose another port/,
  );
});

test('definitions given at the start are brought up to date', async () => {
  const before = await startForTest({ stateFolder, customResourceDefinitions: [widgetDefinition] });
  await before.client.post(widgets, {
    apiVersion: 'contract.example/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { interval: '1m' },
  });
  await before[Symbol.asyncDispose]();

  const newer = structuredClone(widgetDefinition);
  newer.spec.names.shortNames = ['gizmo'];
  await using after = await startForTest({ stateFolder, customResourceDefinitions: [newer] });
  const { body } = await after.client.get('/apis/contract.example/v1');
  expect(body.resources[0].shortNames).toEqual(['gizmo']);
  expect((await after.client.get(`${widgets}/w`)).code).toBe(200);
});
