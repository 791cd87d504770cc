import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, type Log, silentLog, systemClock } from '../../src/core/index.ts';
import { createEventRecorder } from '../../src/engine/index.ts';

const parts = { clock: systemClock, log: silentLog };
let controlPlane: ControlPlane;
let cluster: Cluster;

beforeAll(async () => {
  controlPlane = await startControlPlane({ customResourceDefinitions: [], ...parts });
  cluster = await createCluster({ kubeconfig: { yaml: controlPlane.kubeconfigYaml }, userAgent: 'test', ...parts });
});
afterAll(async () => {
  await cluster.close();
  await controlPlane.stop();
});

const configMap = (namespace: string, finalizers: string[] = []) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace, uid: '1', finalizers } }) as unknown as KubeObject;

/** Records an event about an object of this namespace; the levels of what is logged. */
async function record(namespace: string): Promise<string[]> {
  const levels: string[] = [];
  const tell = (level: string) => () => void levels.push(level);
  const log: Log = { ...silentLog, debug: tell('debug'), info: tell('info'), warn: tell('warn'), error: tell('error') };
  const recorder = createEventRecorder({ cluster, component: 'test', clock: systemClock, log });
  recorder.record(configMap(namespace), { type: 'Normal', reason: 'Told', message: 'that it ends' });
  await recorder.flush();
  return levels;
}

const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

test('an event into a namespace that is being deleted, or is gone, is no reason for a warning', async () => {
  await cluster.create(namespace('leaving'));
  await cluster.create(configMap('leaving', ['example.com/wait']));
  await cluster.delete({ group: '', version: 'v1', kind: 'Namespace', name: 'leaving' });
  expect(await record('leaving')).toEqual(['debug']);
  expect(await record('never-there')).toEqual(['debug']);
});

test('an event that is refused for another reason is warned of', async () => {
  await cluster.create(namespace('staying'));
  expect(await record('staying')).toEqual([]);
  await controlPlane.stop();
  expect(await record('staying')).toEqual(['warn']);
});
