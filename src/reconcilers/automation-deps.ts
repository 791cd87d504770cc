import type { ImagePolicy, ImageUpdateAutomation } from '../api/index.ts';
import type { Forges, GitMirror, NamespacedName, Oid, StepContext } from '../core/index.ts';
import type { HoldFinder } from '../hold/index.ts';
import type { Renderer } from '../render/index.ts';
import type { AutomationGuards } from './automation-guards.ts';
import type { MarkerIndex } from './automation-look.ts';
import type { AutomationMemories } from './automation-memory.ts';
import type { Signers } from './automation-signing.ts';
import type { MirrorDeps, MirrorNews } from './mirrors.ts';
import type { RolloutWriter } from './rollout-deps.ts';
import type { RolloutRecorder } from './rollout-record.ts';

/** What the next run of an automation would commit: made in the mirror, and nowhere else. */
export interface PlannedBump {
  readonly automation: NamespacedName;
  readonly source: NamespacedName;
  /** Where it would be pushed, or asked for. */
  readonly branch: string;
  readonly byRequest: boolean;
  readonly mirror: GitMirror;
  readonly head: Oid;
  readonly commit: Oid;
}

/** What the reconciler of automations is given. */
export interface AutomationDeps extends MirrorDeps {
  readonly news: MirrorNews;
  readonly memories: AutomationMemories;
  /** Stands in every commit's trailer, so that two clusters that write one repository can be told apart. */
  readonly clusterId: string;
  readonly signers: Signers;
  readonly forges: Forges;
  /** Of the templates of messages and requests. */
  readonly renderer: Renderer;
  /** `--no-cross-namespace-refs`: nobody writes with the credentials of another namespace. */
  readonly noCrossNamespaceRefs?: boolean;
  /** Whether this process may push to a ref (`--allowed-push-refs`). */
  mayPush(ref: string): boolean;
  /** Picks a tag by a semver range, as policies do. */
  pickSemver(range: string, tags: readonly string[]): string | null;
  /** ImagePolicies of a namespace, as the API last told. */
  listPolicies(namespace: string): readonly ImagePolicy[];
  /** What must be true before a bump of this automation lands; `openGuards` where nobody guards. */
  guards(automation: ImageUpdateAutomation, signal: AbortSignal): AutomationGuards;
  markersOf(mirror: GitMirror): MarkerIndex;
  holdsOf(mirror: GitMirror): HoldFinder;
  /** Does what people ask it to commit. */
  answerRequests(automation: ImageUpdateAutomation, writer: RolloutWriter, context: StepContext): Promise<void>;
  /** Keeps the Rollouts of what landed. */
  readonly rollouts: RolloutRecorder;
  /** Told by whoever only observes what would be committed. */
  onPlanned?(planned: PlannedBump): void;
  /** Told after a push, so that sources on the branch follow without a fetch. */
  onPushed(mirror: GitMirror, branch: string, commit: Oid): void;
}
