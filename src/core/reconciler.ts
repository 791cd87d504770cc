import type { Condition } from '../api/index.ts';
import type { Clock, Instant } from './clock.ts';
import type { Log } from './log.ts';
import type { GroupVersionKind, KubeObject, ObjectRef } from './object.ts';

/** A plan says what will be done and why; dry runs, `explain` and the dashboard print it. */
export interface PlanLike {
  readonly do: string;
  readonly because: string;
}

/** `decide` may ask for one more look; the engine answers by calling `observe` again with the question, a few rounds at most. */
export interface Ask<Question> {
  readonly do: 'ask';
  readonly question: Question;
}

export interface StepContext {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted at shutdown, on deletion and when the spec changed under a running reconcile. */
  readonly signal: AbortSignal;
  /** Says what is being done now: the message of `Reconciling` (reason Progressing), written only while a run takes long. */
  progress(message: string): void;
  /** Writes a part of status now, by merge patch, before the step that needs it recorded (the inventory before the first apply). */
  recordStatus(status: Readonly<Record<string, unknown>>): Promise<void>;
  /** Emits an event on the resource right away. */
  event(event: EventNote): void;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Annotations of the event, such as `kustomize.toolkit.fluxcd.io/revision`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Kept from notification (Flux's pseudo type Trace). */
  readonly trace?: boolean;
}

/** Where a plan is not what somebody else, who serves the object now, did: what a run that only observes tells. */
export interface Difference {
  /**
   * source: another revision · listing: other tags · selection: another pick · edit: a marker would be written · hold: a marker would be
   * left, which the other writes · build: other objects from the same revision · apply: an object would change · prune: it would be
   * deleted · failure: it would fail · unsupported: a field whose behaviour is not there.
   */
  readonly kind: 'source' | 'listing' | 'selection' | 'edit' | 'hold' | 'build' | 'apply' | 'prune' | 'failure' | 'unsupported';
  /** What of the object it is about: an object that it applies, a file with its line. */
  readonly subject?: string;
  readonly message: string;
}

export type ReadyState = Pick<Condition, 'status' | 'reason' | 'message'>;

/** What a finished run says; the engine turns it into conditions, status, events and the next run. */
export interface Report {
  readonly ready: ReadyState;
  /**
   * done: Reconciling and Stalled go, observedGeneration is set. retry: Reconciling stays as ProgressingWithRetry.
   * stalled: Stalled copies Ready, nothing runs until a trigger. progressing: still under way (a health wait), Reconciling stays Progressing.
   */
  readonly outcome: 'done' | 'retry' | 'stalled' | 'progressing';
  /** Further conditions to set; those named in `remove` go. */
  readonly conditions?: readonly Pick<Condition, 'type' | 'status' | 'reason' | 'message'>[];
  readonly remove?: readonly string[];
  /** Merge-patched into status; null deletes a field. */
  readonly status?: Readonly<Record<string, unknown>>;
  readonly events?: readonly EventNote[];
  /** Annotations of the event that tells of a failure or a stall. */
  readonly eventMetadata?: Readonly<Record<string, string>>;
  /** When to run next without any trigger. */
  readonly next: { readonly afterMs: number; readonly jitter?: boolean } | 'backoff' | 'never';
}

/**
 * One kind's way from a resource to a result. `observe` reads and writes nothing; `decide` is pure, synchronous and total;
 * `act` is the only step that writes; `report` is pure. The engine wraps them: suspend, finalizer, observedGeneration, Reconciling,
 * timing, error → condition, status write, requestedAt → lastHandledReconcileAt, requeue.
 */
export interface Reconciler<Resource extends KubeObject, Seen, Plan extends PlanLike, Done, Question = never> {
  readonly kind: GroupVersionKind;
  /** Its objects carry no finalizer of ours: nothing has to happen before they go. */
  readonly leavesNoFinalizer?: true;
  /** What Ready says while nothing else is known of it; absent = what is being done. */
  readonly progressingMessage?: string;
  observe(resource: Resource, context: StepContext, asked?: { question: Question; seen: Seen }): Promise<Seen>;
  decide(resource: Resource, seen: Seen, now: Instant): Plan | Ask<Question>;
  act(plan: Plan, resource: Resource, context: StepContext): Promise<Done>;
  report(resource: Resource, plan: Plan, done: Done, now: Instant): Report;
  /**
   * Where acting on the plan would leave another world than the one that status tells of. Fills this process's own memory and state,
   * for the plans of other kinds, and writes nothing else: it reads, and lets the server try.
   */
  preview?(plan: Plan, resource: Resource, context: StepContext): Promise<readonly Difference[]>;
  /** Pure: what an error changes beyond Ready=False with its reason and message (further conditions, a fixed delay instead of backoff). */
  describeFailure?(
    resource: Resource,
    error: unknown,
    now: Instant,
  ): Partial<Pick<Report, 'ready' | 'conditions' | 'remove' | 'status' | 'next' | 'eventMetadata'>>;
  /** What must happen before the finalizer goes; absent = nothing. Called with `deletionTimestamp` set, also while suspended. */
  finalize?(resource: Resource, context: StepContext): Promise<void>;
}

/** Asks for a run of an object, from anywhere in the process; remembered once if it is running. */
export type Wake = (target: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>, because: string) => void;
