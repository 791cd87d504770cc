import type { Clock, Cluster, Gate, GroupVersionKind, KubeObject, Log, Room } from '../core/index.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { ObjectChange } from './object-cache.ts';
import type { Observed } from './observe-object.ts';
import type { Outcome, ReconcileDeps } from './reconcile-object.ts';

/** What an engine works on, and whom it tells. */
export interface EngineOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorderFor: (component: string) => EventRecorder;
  /** Only objects of this namespace; absent = all. */
  readonly namespace?: string;
  /** Which objects this process runs, where shards share the kinds; every other one is only looked up. Absent = all. */
  readonly serves?: (object: KubeObject) => boolean;
  readonly refuse?: ReconcileDeps['refuse'];
  /** Nothing is done or written: runs end at their plans, which it is told; a kind that cannot be read is left out. */
  readonly observed?: Observed;
  /** Kinds that are only looked up, and that a cluster may lack: then there are none. Absent = all must be there. */
  readonly optional?: readonly GroupVersionKind[];
  /** While there is none, one object runs at a time, of whatever kind. Absent = there always is. */
  readonly room?: Room;
  /** In [0, 1); for jitter. */
  readonly random?: () => number;
  readonly onFinished?: (run: FinishedRun) => void;
}

/** A run that has come to its end. */
export interface FinishedRun {
  readonly kind: string;
  readonly key: string;
  readonly result: Outcome['result'];
  readonly durationMs: number;
  readonly because: readonly string[];
}

/** Which runs a change of another kind's object asks for. */
export interface WakeRule {
  readonly on: GroupVersionKind;
  /** Keys (`namespace/name`) of this registration's kind that the change concerns. */
  keys(change: ObjectChange): Iterable<string>;
  readonly because: string;
}

/** How the objects of a kind are run. */
export interface Registration {
  /** How many objects of the kind run at a time; Flux's `--concurrent`. */
  readonly concurrency?: number;
  /** Writes status and events under this name, as the Flux controller of the kind. */
  readonly component: string;
  readonly statusManager: string;
  readonly wakes?: readonly WakeRule[];
  /** Nothing of the kind runs while it is closed, and what runs is ended when it closes; absent = always open. */
  readonly gate?: Gate;
  /** Where status and finalizers are written; absent = the engine's. */
  readonly cluster?: Cluster;
}
