import { expect, test } from 'vitest';
import { type Cluster, type KubeObject, type StepContext, silentLog } from '../../src/core/index.ts';
import type { KustomizationDeps } from '../../src/reconcilers/kustomization-deps.ts';
import { waitForStage } from '../../src/reconcilers/kustomization-stage.ts';
import { waitUntil } from '../real/wait-until.ts';
import { configMap, kustomization, readyOf, startHome, startProcess, statusOf, waitReady } from './kustomization-fixture.ts';

const definition = (name: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${name}s.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: ${name[0]?.toUpperCase()}${name.slice(1)}, plural: ${name}s, singular: ${name}, listKind: ${name}List}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`;
const object = (name: string) =>
  `apiVersion: example.com/v1\nkind: ${name[0]?.toUpperCase()}${name.slice(1)}\nmetadata: {name: x, namespace: default}\n`;

/** An API where definitions take as long as somebody likes to be established. */
function slowDefinitions(cluster: Cluster, isEstablished: () => boolean): Cluster {
  return {
    ...cluster,
    async get(ref, signal) {
      const found = await cluster.get(ref, signal);
      return found !== null && ref.kind === 'CustomResourceDefinition' && !isEstablished() ? { ...found, status: {} } : found;
    },
  };
}

test('Kustomizations that wait for a definition hold no worker, and go on when it is established', async () => {
  await using home = await startHome();
  let isEstablished = false;
  await using _running = await startProcess(home, { wrap: (cluster) => slowDefinitions(cluster, () => isEstablished) });
  // More than run at a time.
  const names = ['apple', 'berry', 'citrus', 'date', 'elder', 'fig'];
  const files = Object.fromEntries(
    names.flatMap((name) => [
      [`${name}/a.yaml`, object(name)],
      [`${name}/b.yaml`, definition(name)],
    ]),
  );
  for (const name of names) await home.create(kustomization(name));
  const revision = await home.commit({ ...files, 'plain/a.yaml': configMap('a') });
  const activity = async (name: string) => (await statusOf(home, name))?.conditions?.find(({ type }) => type === 'Reconciling');
  for (const name of names)
    await waitUntil(`${name} to wait`, async () => (await activity(name))?.status === 'True', { timeoutMs: 10_000 });
  await home.create(kustomization('plain'));
  await waitReady(home, 'plain', revision);
  expect((await readyOf(home, 'apple'))?.status).toBe('Unknown');
  isEstablished = true;
  for (const name of names) await waitReady(home, name, revision);
});

test('a stage that does not become Current within the timeout fails, naming what it waits for', async () => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock = { now: () => now, sleep, schedule: () => () => {} };
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const going = { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const cluster = { get: async () => going } as unknown as Cluster;
  const look = {
    context: { clock, log: silentLog, signal: new AbortController().signal } as unknown as StepContext,
    deps: { clock, cluster } as unknown as KustomizationDeps,
    of: 'main@sha1:1 1',
    timeoutMs: 30_000,
  };
  const first = await waitForStage([namespace], { ...look, before: null });
  expect([...(first?.ids ?? [])]).toEqual(['_shop__Namespace']);
  now += 30_000;
  await expect(waitForStage([namespace], { ...look, before: first })).rejects.toThrow(
    "timeout waiting for: [Namespace/shop status: 'InProgress']",
  );
  const another = await waitForStage([namespace], { ...look, of: 'main@sha1:2 1', before: first });
  expect(another?.of).toBe('main@sha1:2 1');
});
