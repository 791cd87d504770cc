import type { GitRepository, ImagePolicy, ImageUpdateAutomation, Kustomization, Rollout, RolloutPhase } from '../api/index.ts';
import type { Cluster, GitMirror, GroupVersionKind, NamespacedName, Oid, OnUnhealthy, StepContext } from '../core/index.ts';
import type { Hop } from '../rollout/index.ts';
import type { PushOrder } from './automation-push.ts';
import type { AutomationTarget } from './automation-target.ts';
import type { CommitStyle } from './automation-write.ts';
import type { RolloutWatches } from './rollout-watches.ts';

/** The repository that an automation writes, and how it does. */
export interface RolloutWriter {
  readonly target: AutomationTarget;
  /** The branch that is rolled out; null where the automation works on another ref. */
  readonly branch: string | null;
  readonly style: CommitStyle;
  readonly pushOptions: readonly string[];
  /** Whether this process may push to a ref (`--allowed-push-refs`). */
  mayPush(ref: string): boolean;
  /** Makes commits elsewhere than in the mirror; absent where git makes them. */
  readonly remake?: PushOrder['remake'];
}

/** What the guards of a policy say of bumps that fail. */
export interface UnhealthyRule {
  readonly onUnhealthy: OnUnhealthy;
  readonly healthTimeoutMs: number;
}

/** What those who look at bumps are given. */
export interface RolloutSight {
  /** Where Rollouts live. */
  readonly cluster: Cluster;
  /** Names this cluster in trailers. */
  readonly clusterId: string;
  listRollouts(): readonly Rollout[];
  listSources(): readonly GitRepository[];
  listKustomizations(): Promise<readonly Kustomization[]>;
  findAutomation(name: NamespacedName): ImageUpdateAutomation | undefined;
  findPolicy(name: NamespacedName): ImagePolicy | undefined;
  /** Where a Kustomization applies, as whoever it applies as. @throws where that cluster cannot be reached */
  clusterOf(kustomization: Kustomization, signal: AbortSignal): Promise<Cluster>;
  /** When the tag was first seen, and what the bump waited for, as far as anybody remembers. */
  pastOf(policy: NamespacedName, tag: string): Pick<Rollout['spec'], 'seenAt' | 'selectedAt' | 'waited'>;
}

/** What is new about a rollout, for metrics. */
export interface RolloutProgress {
  readonly namespace: string;
  readonly outcomes: readonly RolloutPhase[];
  readonly hops: readonly Hop[];
}

/** A commit in the mirror that somebody should look at. */
export interface OfferedCommit {
  readonly commit: Oid;
  readonly base: string;
  /** Names its branch among those of the automation. */
  readonly name: string;
  readonly title: string;
  readonly body: string;
}

/** What those who follow and undo bumps are given beside that. */
export interface RolloutDeps extends RolloutSight {
  readonly watches: RolloutWatches;
  unhealthyRuleOf(policy: NamespacedName): UnhealthyRule;
  /** Opens the repository of an automation and makes sure that what is known of it is fresh enough. */
  openWriter(automation: ImageUpdateAutomation, context: StepContext): Promise<RolloutWriter>;
  /** Told after a push, so that sources follow without a fetch. */
  onPushed(mirror: GitMirror, branch: string, commit: Oid): void;
  /** Offers a commit that the branch refuses as a pull request, and returns its URL; null where that is not possible. */
  offer(
    automation: ImageUpdateAutomation,
    writer: RolloutWriter,
    offered: OfferedCommit,
    context: StepContext,
  ): Promise<string | null>;
  /** Told of what became of rollouts and how long it took, for metrics. */
  onProgress(progress: RolloutProgress): void;
}

/** The kinds whose pods run images. */
export const workloadKinds: readonly GroupVersionKind[] = [
  { group: 'apps', version: 'v1', kind: 'Deployment' },
  { group: 'apps', version: 'v1', kind: 'StatefulSet' },
  { group: 'apps', version: 'v1', kind: 'DaemonSet' },
  { group: 'apps', version: 'v1', kind: 'ReplicaSet' },
  { group: '', version: 'v1', kind: 'ReplicationController' },
  { group: '', version: 'v1', kind: 'Pod' },
  { group: 'batch', version: 'v1', kind: 'Job' },
  { group: 'batch', version: 'v1', kind: 'CronJob' },
];
