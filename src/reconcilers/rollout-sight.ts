import {
  type GitRepository,
  gitRepositoryKind,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  imagePolicyKind,
  imageRepositoryKind,
  imageUpdateAutomationKind,
  type Kustomization,
  kustomizationKind,
  type Rollout,
  rolloutKind,
} from '../api/index.ts';
import {
  type Cluster,
  formatKey,
  type GroupVersionKind,
  type KubeObject,
  type NamespacedName,
  TagalongError,
} from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import type { Waiting } from './guard-board.ts';
import { userOf } from './kustomization-identity.ts';
import type { RemoteClusters } from './kustomization-remote.ts';
import { repositoryOf } from './policy-repository.ts';
import type { RolloutSight } from './rollout-deps.ts';
import { readPast, readWaits } from './rollout-past.ts';

export interface SightOptions {
  readonly engine: Pick<Engine, 'cache'>;
  /** Where Rollouts are written. */
  readonly cluster: Cluster;
  /** Where Kustomizations without a `kubeConfig` apply. */
  readonly target: Cluster;
  readonly remotes: RemoteClusters;
  readonly clusterId: string;
  readonly defaultServiceAccount?: string | undefined;
  /** What waits at the moment. */
  waiting(): readonly Waiting[];
  /** Whether this process follows Kustomizations; another one may serve them, or nobody. */
  readonly followsKustomizations: boolean;
}

/** What may be seen of bumps, their workloads and whoever has to do with them, through the caches of the engine. */
export function createRolloutSight(options: SightOptions): RolloutSight {
  const { engine, cluster, clusterId, followsKustomizations, remotes, target } = options;
  const list = <R extends KubeObject>(kind: GroupVersionKind) => engine.cache(kind).list() as R[];
  const find = <R extends KubeObject>(kind: GroupVersionKind, name: NamespacedName) =>
    engine.cache(kind).get(formatKey(name)) as R | undefined;
  const findPolicy = (name: NamespacedName) => find<ImagePolicy>(imagePolicyKind, name);
  return {
    cluster,
    clusterId,
    findPolicy,
    listRollouts: () => list<Rollout>(rolloutKind),
    listSources: () => list<GitRepository>(gitRepositoryKind),
    listKustomizations: async () =>
      followsKustomizations ? list<Kustomization>(kustomizationKind) : listForeignKustomizations(cluster),
    findAutomation: (name) => find<ImageUpdateAutomation>(imageUpdateAutomationKind, name),
    async clusterOf(kustomization, signal) {
      const root = (await remotes.open(kustomization, signal))?.cluster ?? target;
      // Where another process applies, this one has rights of its own to look, and none to act as others.
      const user = followsKustomizations ? userOf(kustomization, options.defaultServiceAccount) : null;
      return user === null ? root : root.impersonate(user);
    },
    pastOf(name, tag) {
      const policy = findPolicy(name);
      const repository = policy === undefined ? undefined : find<ImageRepository>(imageRepositoryKind, repositoryOf(policy));
      return { ...readPast(policy, repository, tag), ...readWaits(options.waiting(), name, tag) };
    },
  };
}

/** Of the process beside us that serves them; none where the kind is not there at all. */
async function listForeignKustomizations(home: Cluster): Promise<Kustomization[]> {
  try {
    return (await home.list(kustomizationKind)).items as Kustomization[];
  } catch (error) {
    if (error instanceof TagalongError && error.code === 'NOT_FOUND') return [];
    throw error;
  }
}
