import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { kustomizeCommand } from '../real/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process | undefined;

beforeEach(async () => {
  home = await startHome();
});

afterEach(async () => {
  await running?.[Symbol.asyncDispose]();
  running = undefined;
  await home[Symbol.asyncDispose]();
});

test('common metadata is on every object, wins over manifests, and never over who owns it', async () => {
  running = await startProcess(home);
  const labelled = configMap('a').replace('namespace: default', 'namespace: default\n  labels: {team: theirs, kept: "1"}');
  const revision = await home.commit({ 'app/a.yaml': labelled });
  const labels = { team: 'ours', 'kustomize.toolkit.fluxcd.io/name': 'stolen' };
  await home.create(kustomization('app', { commonMetadata: { labels, annotations: { note: 'n' } } }));
  await waitReady(home, 'app', revision);
  const applied = await home.get(configMapRef('a'));
  expect(applied?.metadata.labels).toMatchObject({ team: 'ours', kept: '1', 'kustomize.toolkit.fluxcd.io/name': 'app' });
  expect(applied?.metadata.annotations).toEqual({ note: 'n' });
});

test('common metadata that changed is applied, and what left it is removed', async () => {
  running = await startProcess(home);
  const revision = await home.commit({ 'app/a.yaml': configMap('a') });
  await home.create(kustomization('app', { commonMetadata: { labels: { one: '1', two: '2' } } }));
  await waitReady(home, 'app', revision);
  const spec = { commonMetadata: { labels: { one: null, two: '3' } } };
  await home.cluster.patch(kustomizationRef('app'), { spec }, { type: 'merge', fieldManager: 'test' });
  await waitUntil('the labels to follow', async () => (await home.get(configMapRef('a')))?.metadata.labels?.['two'] === '3');
  expect((await home.get(configMapRef('a')))?.metadata.labels).not.toHaveProperty('one');
});

describeWithParts(['kustomize'], 'with a real kustomize', () => {
  const withKustomize = () => {
    const [program, ...args] = kustomizeCommand();
    return startProcess(home, { kustomize: args.length === 0 ? [program, 'build'] : [program, ...args] });
  };

  test('what the spec adds is applied, and what it no longer renders is pruned', async () => {
    running = await withKustomize();
    const files = { 'app/a.yaml': configMap('a'), 'app/b.yaml': configMap('b'), 'app/c.yaml': configMap('c') };
    const revision = await home.commit(files);
    await home.create(kustomization('app', { namePrefix: 'x-', patches: [{ patch: configMap('a', '2') }] }));
    await waitReady(home, 'app', revision);
    expect(await home.get(configMapRef('x-a'))).toMatchObject({ data: { value: '2' } });
    const patches = [{ patch: '$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: default}' }];
    await home.cluster.patch(kustomizationRef('app'), { spec: { patches } }, { type: 'merge', fieldManager: 'test' });
    await waitUntil('x-c to be pruned', async () => (await home.get(configMapRef('x-c'))) === null);
    expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_x-a__ConfigMap', 'default_x-b__ConfigMap']);
  });

  test('what another Kustomization renders with its additions is handed over to it', async () => {
    running = await withKustomize();
    const first = await home.commit({
      'one/a.yaml': configMap('x-a'),
      'one/b.yaml': configMap('b'),
      'two/c.yaml': configMap('c'),
    });
    await home.create(kustomization('one'));
    await home.create(kustomization('two', { namePrefix: 'x-', dependsOn: [{ name: 'one' }] }));
    await waitReady(home, 'two', first);
    const uid = (await home.get(configMapRef('x-a')))?.metadata.uid;
    const second = await home.commit({
      'one/b.yaml': configMap('b'),
      'two/a.yaml': configMap('a'),
      'two/c.yaml': configMap('c'),
    });
    await waitReady(home, 'two', second);
    expect((await home.get(configMapRef('x-a')))?.metadata).toMatchObject({
      uid,
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'two' },
    });
  });
});
