import type { Clock, Instant } from '../core/index.ts';

interface Entry {
  dueAt: Instant;
  /** Why it was asked for; the first reason of a waiting key is kept, later ones are added up to a few. */
  because: string[];
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly concurrency: number;
  /** Collect only: nothing runs before `release`. */
  readonly held?: boolean;
  /** Runs a key; must not reject. */
  run(key: string, because: readonly string[]): Promise<void>;
  /** Asked before each start; what may not start waits until `startDue`. Absent = it always may. */
  mayStart?(): boolean;
  /** Told when a run has ended, before this queue starts the next. */
  ended?(): void;
}

const reasonsKept = 4;

/**
 * Runs keys when they are due, so many at a time.
 *
 * The rules: a key is in the queue once however often it is asked for; of two times the earlier wins; a request for a running key is
 * remembered once and runs right after; a slow key blocks only itself and its place, unless `mayStart` says otherwise; after `stop`
 * nothing new starts.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Map<string, Entry>();
  #cancelTimer: (() => void) | null = null;
  #stopped = false;
  #held: boolean;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#held = options.held ?? false;
  }

  /** Lets what was collected run. */
  release(): void {
    this.#held = false;
    this.startDue();
  }

  /** Starts what is due, as far as it may. */
  startDue(): void {
    if (!this.#stopped) this.#pump();
  }

  /** Collects only, until `release`; what runs goes on. */
  hold(): void {
    this.#held = true;
    this.#cancelTimer?.();
  }

  /** Asks for a run of `key` at `dueAt`, or now. */
  request(key: string, because: string, dueAt: Instant = this.#options.clock.now()): void {
    if (this.#stopped) return;
    const place = this.#running.has(key) ? this.#again : this.#waiting;
    const entry = place.get(key);
    if (entry === undefined) place.set(key, { dueAt, because: [because] });
    else merge(entry, because, dueAt);
    if (place === this.#waiting) this.#pump();
  }

  /** Forgets what is waiting for `key`, such as the interval of a deleted object. */
  forget(key: string): void {
    this.#waiting.delete(key);
    this.#again.delete(key);
  }

  /** When the next key is due; never = Infinity. */
  get dueAt(): Instant {
    return this.#earliest()?.entry.dueAt ?? Number.POSITIVE_INFINITY;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /** True when nothing runs and nothing is due before `until`. */
  isIdle(until: Instant): boolean {
    if (this.#running.size > 0 || this.#again.size > 0) return false;
    for (const entry of this.#waiting.values()) if (entry.dueAt <= until) return false;
    return true;
  }

  /** Starts nothing more; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#waiting.clear();
    this.#again.clear();
    await Promise.all(this.#running.values());
  }

  #pump(): void {
    if (this.#held) return;
    const now = this.#options.clock.now();
    while (this.#running.size < this.#options.concurrency) {
      const next = this.#earliest();
      if (next === null || next.entry.dueAt > now || !this.#mayStart()) break;
      this.#waiting.delete(next.key);
      this.#start(next.key, next.entry);
    }
    this.#sleepUntilDue(now);
  }

  #start(key: string, entry: Entry): void {
    const done = this.#options.run(key, entry.because).finally(() => {
      this.#running.delete(key);
      const again = this.#again.get(key);
      this.#again.delete(key);
      if (again !== undefined && !this.#stopped) this.#waiting.set(key, again);
      this.#options.ended?.();
      if (!this.#stopped) this.#pump();
    });
    this.#running.set(key, done);
  }

  #mayStart(): boolean {
    return this.#options.mayStart?.() ?? true;
  }

  #earliest(): { key: string; entry: Entry } | null {
    let best: { key: string; entry: Entry } | null = null;
    for (const [key, entry] of this.#waiting) if (best === null || entry.dueAt < best.entry.dueAt) best = { key, entry };
    return best;
  }

  #sleepUntilDue(now: Instant): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const next = this.#earliest();
    if (next === null || this.#stopped || this.#running.size >= this.#options.concurrency) return;
    // What is due and may not start is started by whoever says that it may.
    if (next.entry.dueAt <= now && !this.#mayStart()) return;
    this.#cancelTimer = this.#options.clock.schedule(Math.max(0, next.entry.dueAt - now), () => this.#pump());
  }
}

/** A request for earlier is another matter than what waits for later; one for the same moment adds its reason. */
function merge(entry: Entry, because: string, dueAt: Instant): void {
  if (dueAt < entry.dueAt) entry.because = [because];
  else if (dueAt === entry.dueAt && entry.because.length < reasonsKept && !entry.because.includes(because))
    entry.because.push(because);
  entry.dueAt = Math.min(entry.dueAt, dueAt);
}
