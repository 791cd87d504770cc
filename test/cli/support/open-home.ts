import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { customResourceDefinitions, servedKinds } from '../../../src/api/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { startControlPlane } from '../../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, refOf, silentLog, systemClock } from '../../../src/core/index.ts';
import { type Ran, runInProcess, temporaryFolder } from './run-tagalong.ts';

/** An embedded API that nobody reconciles: a test plays the bot. */
export interface Home extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly kubeconfig: string;
  /** Creates objects with their status. */
  put(...objects: readonly KubeObject[]): Promise<void>;
  /** Runs the program against this API. */
  run(...args: readonly string[]): Promise<Ran>;
  /** Whenever an object of ours is asked for a run, or changed, answers with this status. */
  playBot(answer: (object: KubeObject) => Readonly<Record<string, unknown>> | null): void;
}

const parts = { clock: systemClock, log: silentLog };

export async function openHome(): Promise<Home> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const controlPlane = stack.use(await startControlPlane({ customResourceDefinitions: customResourceDefinitions(), ...parts }));
  const kubeconfig = join(folder.path, 'kubeconfig');
  await writeFile(kubeconfig, controlPlane.kubeconfigYaml);
  const cluster = await createCluster({ kubeconfig: { path: kubeconfig }, userAgent: 'test', ...parts });
  stack.defer(() => cluster.close());
  for (const name of ['apps', 'flux-system']) await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const stopping = new AbortController();
  stack.defer(() => stopping.abort());
  const owned = stack.move();
  return {
    cluster,
    kubeconfig,
    async put(...objects) {
      for (const { status, ...object } of objects) {
        await cluster.create(object as KubeObject);
        if (status !== undefined)
          await cluster.patch(refOf(object as KubeObject), { status }, { type: 'merge', subresource: 'status' });
      }
    },
    run: (...args) => runInProcess([...args, '--kubeconfig', kubeconfig]),
    playBot(answer) {
      for (const kind of servedKinds) {
        void cluster.watch(kind, { signal: stopping.signal }, (event) => {
          if (event.type === 'synced' || event.type === 'deleted') return;
          const status = answer(event.object);
          const patched = status && cluster.patch(refOf(event.object), { status }, { type: 'merge', subresource: 'status' });
          void patched?.catch(() => {}); // the object went meanwhile
        });
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A settled condition. */
export function condition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, generation = 1) {
  return { type, status, reason, message, observedGeneration: generation, lastTransitionTime: '2026-01-01T00:00:00Z' };
}
