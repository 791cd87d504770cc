import { isDeepStrictEqual } from 'node:util';
import {
  endlessRoom,
  errorMessage,
  type Gate,
  type GroupVersionKind,
  type KubeObject,
  keyOf,
  type Log,
  openGate,
  type PlanLike,
  type Reconciler,
  TagalongError,
  type Wake,
} from '../core/index.ts';
import { EngineError } from './error.ts';
import type { EventRecorder } from './event-recorder.ts';
import { ObjectCache, type ObjectChange } from './object-cache.ts';
import { endsRun, reasonToRun } from './reason-to-run.ts';
import { type Outcome, reconcileObject } from './reconcile-object.ts';
import type { EngineOptions, Registration } from './registration.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { Turns } from './turns.ts';
import { WorkQueue } from './work-queue.ts';

interface Registered {
  readonly kind: string;
  readonly queue: WorkQueue;
  readonly cache: ObjectCache;
  readonly gate: Gate;
}

const statusSettlesMs = 500;

/**
 * Runs any reconciler: watches its kind, queues what changed, wraps each run, schedules the next. Knows nothing of images.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #retries: RetrySchedule;
  readonly #turns: Turns;
  readonly #serves: (object: KubeObject) => boolean;
  readonly #caches = new Map<string, ObjectCache>();
  readonly #registered = new Map<string, Registered>();
  /** Ends a run whose spec has changed or whose object goes. */
  readonly #running = new Map<string, AbortController>();
  readonly #stopping = new AbortController();
  #started = false;
  readonly #unread: { readonly kind: string; readonly because: string }[] = [];
  readonly #watches: Promise<void>[] = [];
  readonly #recorders: EventRecorder[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#retries = new RetrySchedule(options.random ?? Math.random);
    this.#turns = new Turns(options.room ?? endlessRoom);
    this.#serves = options.serves ?? (() => true);
  }

  /** Asks for a run of an object now. */
  readonly wake: Wake = (target, because) => {
    this.#registered.get(target.kind)?.queue.request(`${target.namespace ?? ''}/${target.name}`, because);
  };

  /** The objects of a kind as the API last told; followed from `start` on. */
  cache(kind: GroupVersionKind): ObjectCache {
    const id = `${kind.group}/${kind.kind}`;
    const cache = this.#caches.get(id) ?? new ObjectCache(kind);
    this.#caches.set(id, cache);
    return cache;
  }

  register<R extends KubeObject, S, P extends PlanLike, D, Q>(
    reconciler: Reconciler<R, S, P, D, Q>,
    registration: Registration,
  ): void {
    const { clock } = this.#options;
    const cache = this.cache(reconciler.kind);
    const recorder = this.#options.recorderFor(registration.component);
    this.#recorders.push(recorder);
    const run = async (key: string, because: readonly string[]) => {
      const resource = cache.get(key);
      if (resource !== undefined && this.#serves(resource))
        await this.#run(reconciler, resource, registration, recorder, because);
    };
    const turns = { mayStart: () => this.#turns.mayStart(), ended: () => this.#turns.ended() };
    const queue = new WorkQueue({ clock, concurrency: registration.concurrency ?? 4, run, held: true, ...turns });
    this.#turns.join(queue);
    const registered: Registered = { kind: reconciler.kind.kind, queue, cache, gate: registration.gate ?? openGate };
    this.#registered.set(registered.kind, registered);
    registered.gate.subscribe((open) => (open ? this.#open(registered) : this.#close(registered)));
    cache.subscribe((change) => {
      const own = this.#ownPartOf(change);
      if (endsRun(own)) this.#running.get(idOf(reconciler.kind.kind, own))?.abort(new Error('superseded'));
      requestOwn(queue, own);
    });
    // Whoever serves the object did something: the comparison has to be made again, once that has come to its end.
    if (this.#options.observed !== undefined)
      cache.subscribe(({ before, after }) => {
        if (before === null || after === null || isDeepStrictEqual(before['status'], after['status'])) return;
        queue.request(keyOf(after), 'status changed', clock.now() + statusSettlesMs);
      });
    for (const rule of registration.wakes ?? []) {
      this.cache(rule.on).subscribe((change) => {
        for (const key of rule.keys(change)) if (cache.get(key) !== undefined) queue.request(key, rule.because);
      });
    }
  }

  /**
   * Follows every kind that was registered or asked for; resolves when each was listed once. Only then does anything run: a reconciler
   * that looks another kind up must not take what was not listed yet for missing.
   */
  async start(): Promise<void> {
    const { cluster, namespace, log } = this.#options;
    for (const cache of this.#caches.values()) {
      const following = cache.follow(cluster, namespace, this.#stopping.signal).catch((error: unknown) => {
        const tell = this.#options.observed === undefined ? 'error' : 'debug'; // an observer is told by `unread`
        log[tell]('kind cannot be watched', { kind: cache.kind.kind, error: errorMessage(error) });
      });
      this.#watches.push(following);
    }
    await Promise.all([...this.#caches.values()].map((cache) => this.#whenSynced(cache)));
    this.#started = true;
    for (const registered of this.#registered.values()) if (registered.gate.isOpen()) registered.queue.release();
  }

  /** Somebody else may have written meanwhile: every object is looked at again. */
  #open({ queue, cache }: Registered): void {
    if (!this.#started) return;
    for (const object of cache.list()) queue.request(keyOf(object), 'lease taken');
    queue.release();
  }

  /** An object that another shard serves is none of ours, neither before nor after its label changed. */
  #ownPartOf({ before, after }: ObjectChange): ObjectChange {
    const own = (object: KubeObject | null) => (object !== null && this.#serves(object) ? object : null);
    return { before: own(before), after: own(after) };
  }

  #close({ kind, queue }: Registered): void {
    queue.hold();
    for (const [id, run] of this.#running) if (id.startsWith(`${kind}/`)) run.abort(new Error('lease lost'));
  }

  /** Starts nothing new, lets what runs finish for `graceMs`, then aborts it; resolves when all has ended and events are out. */
  async stop(graceMs = 10_000): Promise<void> {
    const finished = Promise.all([...this.#registered.values()].map(({ queue }) => queue.stop()));
    const cancel = this.#options.clock.schedule(graceMs, () => this.#stopping.abort(new Error('shutting down')));
    await finished;
    cancel();
    this.#stopping.abort(new Error('shutting down'));
    await Promise.all(this.#watches);
    await Promise.all(this.#recorders.map((recorder) => recorder.flush()));
  }

  /** True when nothing runs and nothing is due within `withinMs`. */
  isIdle(withinMs = 0): boolean {
    const until = this.#options.clock.now() + withinMs;
    return [...this.#registered.values()].every(({ queue }) => queue.isIdle(until));
  }

  /** The kinds that an observer had to leave out, and why. */
  unread(): readonly { readonly kind: string; readonly because: string }[] {
    return this.#unread;
  }

  /** Every object of the kinds that are run, as far as this process serves it. */
  objects(): KubeObject[] {
    return [...this.#registered.values()].flatMap(({ cache }) => cache.list()).filter((object) => this.#serves(object));
  }

  /** Waiting and running keys by kind, for metrics. */
  depths(): { kind: string; waiting: number; running: number }[] {
    return [...this.#registered].map(([kind, { queue }]) => ({ kind, waiting: queue.depth, running: queue.running }));
  }

  async #whenSynced(cache: ObjectCache): Promise<void> {
    try {
      await cache.synced;
    } catch (cause) {
      const { group, version, kind } = cache.kind;
      if (this.#options.optional?.some((one) => one.group === group && one.kind === kind)) {
        this.#options.log.warn('kind is not there and goes unfollowed until the next start', {
          kind,
          error: errorMessage(cause),
        });
        return;
      }
      if (this.#options.observed !== undefined) {
        this.#unread.push({ kind, because: errorMessage(cause) });
        return;
      }
      throw new EngineError(
        'KIND_MISSING',
        `watching ${kind} (${group}/${version}): ${errorMessage(cause)}; install the definitions with \`kubectl apply -k deploy/crds\``,
        {
          cause,
          retry: 'never',
        },
      );
    }
  }

  async #run<R extends KubeObject, S, P extends PlanLike, D, Q>(
    reconciler: Reconciler<R, S, P, D, Q>,
    resource: KubeObject,
    registration: Registration,
    recorder: EventRecorder,
    because: readonly string[],
  ): Promise<void> {
    const { cluster, clock, refuse, observed } = this.#options;
    const key = keyOf(resource);
    const kind = reconciler.kind.kind;
    const log = this.#options.log.child({ kind, namespace: resource.metadata.namespace, name: resource.metadata.name });
    const startedAt = clock.now();
    const superseded = new AbortController();
    this.#running.set(`${kind}/${key}`, superseded);
    const offer = (object: KubeObject) => this.cache(reconciler.kind).offer(object);
    const deps = {
      cluster: registration.cluster ?? cluster,
      clock,
      log,
      recorder,
      offer,
      fieldManager: registration.statusManager,
      signal: AbortSignal.any([this.#stopping.signal, superseded.signal]),
    };
    const choices = { ...(refuse === undefined ? {} : { refuse }), ...(observed === undefined ? {} : { observed }) };
    const outcome = await reconcileObject(reconciler, resource, { ...deps, ...choices }).catch(statusUnwritten);
    this.#running.delete(`${kind}/${key}`);
    this.#schedule(kind, key, outcome);
    logOutcome(log, outcome, because, clock.now() - startedAt);
    this.#options.onFinished?.({ kind, key, result: outcome.result, durationMs: clock.now() - startedAt, because });
  }

  #schedule(kind: string, key: string, outcome: Outcome): void {
    const delay = this.#retries.delayAfter(`${kind}/${key}`, outcome);
    if (delay !== null) this.#registered.get(kind)?.queue.request(key, 'interval', this.#options.clock.now() + delay);
  }
}

/** A status that cannot be written (conflict, API away) loses nothing: the run is repeated, and every step is safe to repeat. */
function statusUnwritten(error: unknown): Outcome {
  // Somebody deleted the object in the middle: there is nothing left to do.
  const gone = error instanceof TagalongError && error.code === 'NOT_FOUND';
  return gone ? { result: 'finalized', next: 'never' } : { result: 'failed', next: 'backoff', error };
}

function idOf(kind: string, { before, after }: ObjectChange): string {
  const object = after ?? before;
  return object === null ? kind : `${kind}/${keyOf(object)}`;
}

/** Own kind: run on a new object, a new spec, a new request token, a deletion, or a changed `tagalong.dev/` switch. */
function requestOwn(queue: WorkQueue, { before, after }: ObjectChange): void {
  if (after === null) return before === null ? undefined : queue.forget(keyOf(before));
  const because = reasonToRun(before, after);
  if (because !== null) queue.request(keyOf(after), because);
}

function logOutcome(log: Log, outcome: Outcome, because: readonly string[], durationMs: number): void {
  const message = outcome.error === undefined && outcome.message !== undefined ? { message: outcome.message } : {};
  const fields = { result: outcome.result, because, durationMs, ...message };
  if (outcome.error === undefined) log.info('reconciled', fields);
  else log.error('reconcile failed', { ...fields, error: errorMessage(outcome.error) });
}
