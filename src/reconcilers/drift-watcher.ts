import type { DriftDecision, DriftRecord } from '../apply/index.ts';
import type { Clock, Cluster, KubeObject, Log, NamespacedName, Wake } from '../core/index.ts';
import type { FollowedObject, Look } from './kind-watches.ts';

/** What a Kustomization keeps, and what it was when it was last applied. */
export interface Expected {
  readonly manifest: KubeObject;
  readonly record: DriftRecord | null;
  readonly autoscaled: boolean;
  /** The steps to the fields that are left to others. */
  readonly ignored: readonly (readonly string[])[];
}

/** A fight over a field that was given up until the interval. */
export interface Contest {
  readonly id: string;
  readonly because: string;
}

export interface DriftWatcher {
  /**
   * Follows the kinds of these objects for a Kustomization, beside those it follows already; resolves when each was listed or cannot
   * be. Where the whole cluster may not be watched, each namespace is.
   */
  follow(owner: NamespacedName, objects: Iterable<FollowedObject>): Promise<void>;
  /** Replaces what is expected, and lets kinds go that nobody has any more. Deviations wake the Kustomization from now on. */
  expect(owner: NamespacedName, expected: ReadonlyMap<string, Expected>): void;
  /** Nothing of it is expected any more. */
  forget(owner: NamespacedName): void;
  /** Whether an object deviates, from what is known right now. */
  judge(owner: NamespacedName, expected: Expected): DriftDecision;
  look(object: KubeObject): Look;
  /** Takes what a write of ours returned, which the watch will tell later. */
  offer(object: KubeObject): void;
  /** While this runs, deviations of the owner's objects wait; then they are judged again. */
  during<T>(owner: NamespacedName, task: () => Promise<T>): Promise<T>;
  /** Changes of these objects wake the Kustomization; an empty list ends that. */
  wakeOn(owner: NamespacedName, ids: readonly string[]): void;
  isContested(owner: NamespacedName, id: string): boolean;
  /** Contests that nobody was told about yet. */
  takeContests(owner: NamespacedName): Contest[];
  /** Kinds in use that cannot be watched, with the reason, that nobody was told about yet. */
  takeUnwatched(owner: NamespacedName): string[];
  /** Nobody is followed any more, and all watches ended. */
  stop(): Promise<void>;
}

export interface DriftWatcherOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: Wake;
}
