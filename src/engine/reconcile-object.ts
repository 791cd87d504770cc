import { finalizer, requestedAtAnnotation } from '../api/index.ts';
import {
  type Clock,
  type Cluster,
  errorMessage,
  type KubeObject,
  type Log,
  type PlanLike,
  type ReadyState,
  type Reconciler,
  type Report,
  refOf,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import type { EventRecorder } from './event-recorder.ts';
import { type Observed, observeObject } from './observe-object.ts';
import { planResource } from './plan-resource.ts';
import { markStanding, reportObserved, type Standing, standingOf } from './stand-aside.ts';
import { StatusDraft } from './status-draft.ts';

export interface ReconcileDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  readonly recorder: EventRecorder;
  readonly fieldManager: string;
  readonly signal: AbortSignal;
  /** Takes what a write returned, for the cache. */
  offer(resource: KubeObject): void;
  /** Says why a resource must not be reconciled at all: a field whose behaviour is not there. */
  refuse?(resource: KubeObject): ReadyState | null;
  /** Where it is given, nothing is done and nothing is written: runs end at their plans, which it is told. */
  observed?: Observed;
}

export interface Outcome {
  /** superseded: the spec changed or the object was deleted meanwhile, and the run that was asked for by that takes its place. */
  readonly result:
    | 'done'
    | 'failed'
    | 'stalled'
    | 'progressing'
    | 'suspended'
    | 'paused'
    | 'finalized'
    | 'superseded'
    | 'observed';
  /** Null: nothing until a trigger. 'backoff': the caller knows how often it failed. */
  readonly next: Report['next'];
  readonly error?: unknown;
  /** What Ready says, of a run that did not end well and threw nothing. */
  readonly message?: string;
}

/** A run that takes longer tells what it is at, and again at most this often. */
const tellAfterMs = 1000;
const nothingMore: Pick<Outcome, 'next'> = { next: 'never' };

/** Brings one resource as far as it goes now: the frame around a reconciler's four steps. Rejects only when status cannot be written. */
export async function reconcileObject<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  found: KubeObject,
  deps: ReconcileDeps,
): Promise<Outcome> {
  if (deps.observed !== undefined) return observeObject(reconciler, found, deps, deps.observed);
  if (found.metadata.deletionTimestamp !== undefined) return finalizeObject(reconciler, found, deps);
  const standing = standingOf(found, deps.clock.now());
  if (standing.kind === 'suspended' || standing.kind === 'paused') return standAside(found, standing, deps);
  const resource = reconciler.leavesNoFinalizer === true ? found : await ensureFinalizer(found, deps);
  const draft = new StatusDraft(resource, deps);
  markStanding(draft, standing);
  const run = new Run(draft, deps, reconciler.progressingMessage);
  run.begin();
  const refusal = deps.refuse?.(resource) ?? null;
  if (refusal !== null) return run.finish({ ready: refusal, outcome: 'stalled', next: 'never' });
  let report: Report;
  try {
    report = await takeSteps(reconciler, resource as R, run.context, standing);
  } catch (error) {
    if (deps.signal.aborted) {
      run.abandon();
      return { result: 'superseded', ...nothingMore };
    }
    return run.fail(error, reconciler.describeFailure?.(resource as R, error, deps.clock.now()));
  }
  // Not within the try: a status that cannot be written is no failure of the run.
  return run.finish(report);
}

async function takeSteps<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  resource: R,
  context: StepContext,
  standing: Standing,
): Promise<Report> {
  const plan = await planResource(reconciler, resource, context);
  context.log.debug('plan', { do: plan.do, because: plan.because });
  if (standing.kind === 'observes') return reportObserved(resource, plan);
  const done = await reconciler.act(plan, resource, context);
  return reconciler.report(resource, plan, done, context.clock.now());
}

class Run {
  readonly context: StepContext;
  readonly #draft: StatusDraft;
  readonly #deps: ReconcileDeps;
  /** The request this run answers: a newer one, which a write may bring to light, is for the next. */
  readonly #token: string | undefined;
  #activity = 'reconciliation in progress';
  readonly #progressingMessage: string | undefined;
  /** One write at a time: each is what changed since the last. */
  #writing: Promise<void> = Promise.resolve();
  #cancelTelling: (() => void) | null = null;

  constructor(draft: StatusDraft, deps: ReconcileDeps, progressingMessage?: string) {
    this.#draft = draft;
    this.#deps = deps;
    this.#token = requestToken(draft.resource);
    this.#progressingMessage = progressingMessage;
    this.context = {
      clock: deps.clock,
      log: deps.log,
      signal: deps.signal,
      progress: (message) => this.#progress(message),
      recordStatus: (status) => this.#record(status),
      event: (note) => deps.recorder.record(draft.resource, note),
    };
  }

  /**
   * Marks the resource as under way where somebody waits for it: a new spec, or a new request. Whoever waits for a spec needs no write
   * to know that the conditions speak of the one before: their observedGeneration does.
   */
  begin(): void {
    const { generation = 0 } = this.#draft.resource.metadata;
    const status =
      (this.#draft.resource['status'] as { observedGeneration?: number; lastHandledReconcileAt?: string } | undefined) ?? {};
    const observed = status.observedGeneration ?? -1;
    const isNewSpec = observed !== generation && !this.#isTold(generation);
    if (!isNewSpec && (this.#token === undefined || this.#token === status.lastHandledReconcileAt)) return;
    if (isNewSpec) this.#activity = `processing object: new generation ${observed} -> ${generation}`;
    this.#markProgressing();
    this.#tellSoon();
  }

  /** An earlier run said that it is at this spec, and did not come to its end: that still holds. */
  #isTold(generation: number): boolean {
    const told = this.#draft.condition('Reconciling');
    if (told?.observedGeneration !== generation) return false;
    this.#activity = told.message;
    return true;
  }

  /** Another run takes its place: nothing more is told of this one. */
  abandon(): void {
    this.#cancelTelling?.();
  }

  async finish(report: Report): Promise<Outcome> {
    this.#draft.conclude(report, this.#activity);
    this.#acknowledgeRequest();
    await this.#write();
    for (const event of report.events ?? []) this.context.event(event);
    if (report.outcome === 'stalled') this.#warn(report);
    const message = report.outcome === 'done' ? {} : { message: report.ready.message };
    return { result: resultOf(report), next: report.next, ...message };
  }

  async fail(error: unknown, described: Partial<Report> | undefined): Promise<Outcome> {
    const retry = error instanceof TagalongError ? error.retry : 'backoff';
    const ready: ReadyState = { status: 'False', reason: failureReason(error), message: errorMessage(error) };
    const stalled = retry === 'never';
    const next = stalled ? 'never' : retry === 'backoff' ? 'backoff' : { afterMs: retry.afterMs };
    const report: Report = { ready, outcome: stalled ? 'stalled' : 'retry', next, ...described };
    if (!stalled) this.#warn(report);
    return { ...(await this.finish(report)), error };
  }

  #warn({ ready, eventMetadata: metadata }: Report): void {
    const { reason, message } = ready;
    this.context.event({ type: 'Warning', reason, message, ...(metadata === undefined ? {} : { metadata }) });
  }

  #progress(message: string): void {
    this.#activity = message;
    // Nobody waits for the news of a periodic run: conditions that were settled stay until the end.
    if (this.#draft.condition('Reconciling') === undefined) return;
    this.#markProgressing();
    this.#tellSoon();
  }

  /** Most runs end before anybody could read what they are at: then their end is the only write. */
  #tellSoon(): void {
    this.#cancelTelling ??= this.#deps.clock.schedule(tellAfterMs, () => void this.#write().catch(() => {}));
  }

  async #record(status: Readonly<Record<string, unknown>>): Promise<void> {
    this.#draft.merge(status);
    await this.#write();
  }

  #markProgressing(): void {
    const ready = this.#draft.condition('Ready');
    const message = this.#activity;
    this.#draft.remove('Stalled');
    this.#draft.set({ type: 'Reconciling', status: 'True', reason: 'Progressing', message });
    if (ready === undefined || ready.status === 'Unknown')
      this.#draft.set({
        ...{ type: 'Ready', status: 'Unknown', reason: 'Progressing' },
        message: this.#progressingMessage ?? message,
      });
  }

  #acknowledgeRequest(): void {
    if (this.#token !== undefined) this.#draft.merge({ lastHandledReconcileAt: this.#token });
  }

  #write(): Promise<void> {
    this.#cancelTelling?.();
    this.#cancelTelling = null;
    const writing = this.#writing.catch(() => {}).then(async () => this.#deps.offer(await this.#draft.write()));
    this.#writing = writing;
    return writing;
  }
}

async function finalizeObject<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  resource: KubeObject,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const finalizers = resource.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return { result: 'finalized', ...nothingMore };
  // Where deleting the object deletes others, a pause holds that up too; suspending it is how they are left in place.
  const standing = standingOf(resource, deps.clock.now());
  if (standing.kind === 'paused' && reconciler.finalize !== undefined) return standAside(resource, standing, deps);
  const context = new Run(new StatusDraft(resource, deps), deps).context;
  try {
    await reconciler.finalize?.(resource as R, context);
  } catch (error) {
    context.event({ type: 'Warning', reason: failureReason(error), message: errorMessage(error) });
    return { result: 'failed', next: 'backoff', error };
  }
  await patchFinalizers(
    resource,
    finalizers.filter((name) => name !== finalizer),
    deps,
  );
  return { result: 'finalized', ...nothingMore };
}

async function ensureFinalizer(resource: KubeObject, deps: ReconcileDeps): Promise<KubeObject> {
  const finalizers = resource.metadata.finalizers ?? [];
  if (finalizers.includes(finalizer)) return resource;
  const updated = await patchFinalizers(resource, [...finalizers, finalizer], deps);
  deps.offer(updated);
  return updated;
}

function patchFinalizers(resource: KubeObject, finalizers: readonly string[], deps: ReconcileDeps): Promise<KubeObject> {
  // The version guards against somebody else's change of the list in between.
  const metadata = { finalizers, resourceVersion: resource.metadata.resourceVersion };
  return deps.cluster.patch(refOf(resource), { metadata }, { type: 'merge', fieldManager: deps.fieldManager });
}

async function standAside(
  resource: KubeObject,
  standing: Extract<Standing, { kind: 'suspended' | 'paused' }>,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const token = requestToken(resource);
  const draft = new StatusDraft(resource, deps);
  markStanding(draft, standing);
  if (token !== undefined) draft.merge({ lastHandledReconcileAt: token });
  deps.offer(await draft.write());
  if (standing.kind === 'suspended') return { result: 'suspended', ...nothingMore };
  return { result: 'paused', next: { afterMs: standing.untilMs - deps.clock.now() }, message: standing.message };
}

export function requestToken(resource: KubeObject): string | undefined {
  return resource.metadata.annotations?.[requestedAtAnnotation];
}

function failureReason(error: unknown): string {
  return (error instanceof TagalongError ? error.reason : undefined) ?? 'Failed';
}

function resultOf(report: Report): Outcome['result'] {
  return report.outcome === 'retry' ? 'failed' : report.outcome;
}
