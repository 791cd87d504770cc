import type { ImagePolicy } from '../api/index.ts';
import type { Cluster, Git, GitMirror, Oid } from '../core/index.ts';
import type { HoldFinder } from '../hold/index.ts';
import type { MarkerIndex } from './automation-look.ts';
import type { AutomationMemories } from './automation-memory.ts';
import type { MirrorNews } from './mirrors.ts';

/** What the reconciler of automations is given. */
export interface AutomationDeps {
  readonly cluster: Cluster;
  readonly git: Git;
  readonly news: MirrorNews;
  readonly memories: AutomationMemories;
  /** Stands in every commit's trailer, so that two clusters that write one repository can be told apart. */
  readonly clusterId: string;
  /** ImagePolicies of a namespace, as the API last told. */
  listPolicies(namespace: string): readonly ImagePolicy[];
  markersOf(mirror: GitMirror): MarkerIndex;
  holdsOf(mirror: GitMirror): HoldFinder;
  /** Told after a push, so that sources on the branch follow without a fetch. */
  onPushed(mirror: GitMirror, branch: string, commit: Oid): void;
}
