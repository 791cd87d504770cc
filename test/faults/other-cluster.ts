import { customResourceDefinitions } from '../../src/api/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import {
  gitRepository,
  imagePolicy,
  imageRepository,
  imageUpdateAutomation,
  kustomization,
} from '../journeys/support/resources.ts';
import { startBot } from './bot.ts';
import type { Round } from './round.ts';

export interface OtherCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  /** Asks its bot for a scan. */
  scan(image: string): Promise<void>;
}

/** Another cluster with a bot of its own that writes the same files; its commits are by `Other Bot`, and `range` is its policy for web. */
export async function startOtherCluster(round: Round, range = '1.x'): Promise<OtherCluster> {
  await using stack = new AsyncDisposableStack();
  const options = { customResourceDefinitions: customResourceDefinitions(), clock: systemClock, log: silentLog };
  const other = stack.use(await startControlPlane(options));
  const connection = { kubeconfig: { yaml: other.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog };
  const cluster = await createCluster(connection);
  stack.defer(() => cluster.close());
  round.writers.add('Other Bot');
  for (const object of sameObjects(round, range)) await cluster.apply(object, { fieldManager: 'test', force: true });
  const kubeconfig = await round.writeFile('kubeconfig-of-the-other', other.kubeconfigYaml);
  stack.use(startBot({ ...round.parts, kubeconfig, stateFolder: `${round.stateFolder}-of-the-other` }));
  const parts = stack.move();
  return {
    cluster,
    async scan(name) {
      const ref = { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageRepository', namespace: 'default', name };
      const annotations = { 'reconcile.fluxcd.io/requestedAt': `${Date.now()}` };
      await cluster.patch(ref, { metadata: { annotations } }, { type: 'merge' });
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function sameObjects({ loop, git }: Round, range: string): KubeObject[] {
  return [
    gitRepository(`${git.url}/acme/fleet.git`),
    ...['web', 'api'].map((name) => imageRepository(`${loop.registry.host}/${name}`)),
    imagePolicy('web', { spec: { policy: { semver: { range } } } }),
    imagePolicy('api'),
    imageUpdateAutomation({ spec: { git: { commit: { author: { name: 'Other Bot' } } } } }),
    kustomization('./apps'),
  ];
}
