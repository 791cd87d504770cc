// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the expressions under test
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/index.ts';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
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

const values = (kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>, watched = false) =>
  ({
    apiVersion: 'v1',
    kind,
    metadata: {
      name,
      namespace: 'flux-system',
      ...(watched ? { labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } } : {}),
    },
    ...(kind === 'ConfigMap' ? { data } : { stringData: data }),
  }) as KubeObject;

const dataOf = async (name: string) =>
  ((await home.get(configMapRef(name))) as { data?: { value?: string } } | null)?.data?.value;

test('later references win over earlier ones, what stands in the spec wins over both, newlines go', async () => {
  await home.create(values('ConfigMap', 'one', { a: 'one', b: 'one', c: 'one' }));
  await home.create(values('Secret', 'two', { b: 'two\n', c: 'two' }));
  const revision = await home.commit({ 'app/a.yaml': configMap('${a}', '${a} ${b} ${c}') });
  const substituteFrom = [
    { kind: 'ConfigMap', name: 'one' },
    { kind: 'Secret', name: 'two' },
    { kind: 'Secret', name: 'gone', optional: true },
  ];
  await home.create(kustomization('app', { postBuild: { substitute: { c: 'th\nree' }, substituteFrom } }));
  await waitReady(home, 'app', revision);
  expect(await dataOf('one')).toBe('one two three');
  expect(idsOf(await statusOf(home, 'app'))).toEqual(['default_one__ConfigMap']);
});

test.for(['ConfigMap', 'Secret'])('a %s that is not there is told', async (kind) => {
  await home.commit({ 'app/a.yaml': configMap('a') });
  await home.create(kustomization('app', { postBuild: { substituteFrom: [{ kind, name: 'gone' }] } }));
  const ready = await waitReason(home, 'app', 'BuildFailed');
  expect(ready?.message).toContain(
    `post build failed: substitute from '${kind}/gone' error: ${kind.toLowerCase()}s "gone" not found`,
  );
});

test('a variable that is not set is told, and nothing is applied', async () => {
  await home.commit({ 'app/a.yaml': configMap('a', '${none}'), 'app/b.yaml': configMap('b') });
  await home.create(kustomization('app', { postBuild: { substitute: { other: '1' } } }));
  await waitReason(home, 'app', 'BuildFailed');
  expect((await readyOf(home, 'app'))?.message).toContain('variable not set (strict mode): "none"');
  expect(await home.get(configMapRef('b'))).toBeNull();
});

test('without variables nothing is substituted, unless that is asked for', async () => {
  const revision = await home.commit({ 'app/a.yaml': configMap('a', '${none:=x}') });
  await home.create(kustomization('app', { postBuild: { substitute: {} } }));
  await waitReady(home, 'app', revision);
  expect(await dataOf('a')).toBe('${none:=x}');
  const spec = { postBuild: { substituteStrategy: 'Always' } };
  await home.cluster.patch(kustomizationRef('app'), { spec }, { type: 'merge', fieldManager: 'test' });
  await waitUntil('the default to be used', async () => (await dataOf('a')) === 'x');
});

test('a change of a labelled object is applied at once, with an interval of an hour', async () => {
  await home.create(values('ConfigMap', 'vars', { v: 'one' }, true));
  const revision = await home.commit({ 'app/a.yaml': configMap('a', 'v-${v}') });
  await home.create(kustomization('app', { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } }));
  await waitReady(home, 'app', revision);
  await home.cluster.apply(values('ConfigMap', 'vars', { v: 'two' }, true), { fieldManager: 'other', force: true });
  await waitUntil('the value to follow', async () => (await dataOf('a')) === 'v-two');
  expect((await statusOf(home, 'app'))?.history).toHaveLength(2);
});

test('a labelled Secret that comes later heals what waited for it', async () => {
  const revision = await home.commit({ 'app/a.yaml': configMap('a', 'v-${v}') });
  await home.create(kustomization('app', { postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars' }] } }));
  await waitReason(home, 'app', 'BuildFailed');
  await home.create(values('Secret', 'vars', { v: 'here' }, true));
  await waitReady(home, 'app', revision);
  expect(await dataOf('a')).toBe('v-here');
});

test('the name of an object that another Kustomization substitutes is handed over to it', async () => {
  const first = await home.commit({ 'one/a.yaml': configMap('web'), 'one/b.yaml': configMap('b'), 'two/c.yaml': configMap('c') });
  await home.create(kustomization('one'));
  await home.create(kustomization('two', { postBuild: { substitute: { v: 'web' } }, dependsOn: [{ name: 'one' }] }));
  await waitReady(home, 'two', first);
  const uid = (await home.get(configMapRef('web')))?.metadata.uid;
  const second = await home.commit({
    'one/b.yaml': configMap('b'),
    'two/a.yaml': configMap('${v}'),
    'two/c.yaml': configMap('c'),
  });
  await waitReady(home, 'two', second);
  expect((await home.get(configMapRef('web')))?.metadata.uid).toBe(uid);
});
