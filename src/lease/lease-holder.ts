import { type Clock, type Cluster, errorMessage, type Gate, type KubeObject, type Log, TagalongError } from '../core/index.ts';
import { claimLease, decideLease, type LeaseSight, releaseLease } from './decide-lease.ts';
import { formatMicroTime, type LeaseRecord, leaseRef, parseLease, renderLease } from './lease-record.ts';
import type { LeaseTimes } from './lease-times.ts';

export interface LeaseHolderOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly name: string;
  /** Names this process among all that ever compete, such as `<pod>_<uuid>`. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly clock: Clock;
  /** Milliseconds of a clock that nobody sets. */
  readonly steadyMs: () => number;
  readonly log: Log;
  /** Taken only while this is open; closed with it. */
  readonly requires?: Gate;
}

/** One Lease as this process sees it. */
export interface LeaseState {
  readonly name: string;
  readonly namespace: string;
  readonly held: boolean;
  /** Who holds it, as far as is known; empty when nobody does. */
  readonly holder: string;
  /** Why it is not held, for people; empty when it is. */
  readonly because: string;
}

interface Known extends LeaseSight {
  readonly resourceVersion: string | undefined;
}

const releaseTimeoutMs = 5_000;
const ceasesToWait = 'waiting for the Lease it depends on';

/** Takes one Lease, renews it, and knows at each moment whether it certainly still has it. */
export class LeaseHolder implements Gate {
  readonly #options: LeaseHolderOptions;
  readonly #listeners = new Set<(open: boolean) => void>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #known: Known | null = null;
  /** Steady time up to which it certainly is ours; null: it is not. */
  #heldUntilMs: number | null = null;
  #cancelDeadline: (() => void) | null = null;
  #because = 'not asked for yet';
  #wake: (() => void) | null = null;

  constructor(options: LeaseHolderOptions) {
    this.#options = options;
    options.requires?.subscribe((open) => {
      if (!open) this.#closeKindly(this.#waitsFor());
      this.#wake?.();
    });
  }

  isOpen(): boolean {
    if (this.#heldUntilMs === null || !(this.#options.requires?.isOpen() ?? true)) return false;
    return this.#options.steadyMs() < this.#heldUntilMs;
  }

  subscribe(listener: (open: boolean) => void): void {
    this.#listeners.add(listener);
  }

  get state(): LeaseState {
    const { name, namespace } = this.#options;
    const held = this.isOpen();
    return { name, namespace, held, holder: this.#known?.record?.holder ?? '', because: held ? '' : this.#because };
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Lets go of it, for others to take at once. What it guards must have ended before. */
  async release(): Promise<void> {
    this.#stopping.abort(new Error('shutting down'));
    await this.#running;
    await this.#giveUp('let go of at shutdown');
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const waitMs = (this.#options.requires?.isOpen() ?? true) ? await this.#attempt() : await this.#standBy();
      await this.#pause(waitMs);
    }
  }

  /** What it depends on went to somebody else, who will want this one too. */
  async #standBy(): Promise<number> {
    await this.#giveUp(this.#waitsFor());
    return this.#options.times.retryMs;
  }

  #waitsFor(): string {
    return this.#options.requires?.closedBecause ?? ceasesToWait;
  }

  async #pause(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort(new Error('woken'));
    const signal = AbortSignal.any([this.#stopping.signal, woken.signal]);
    await this.#options.clock.sleep(ms, signal).catch(() => {});
    this.#wake = null;
  }

  /** One look or renewal; returns how long to wait before the next. */
  async #attempt(): Promise<number> {
    const { times, identity, steadyMs } = this.#options;
    try {
      // A holder knows what the Lease says: it renews without a look, and the version tells if somebody else wrote.
      if (this.#heldUntilMs === null) await this.#look();
      const sight = this.#known ?? { record: null, seenAtMs: steadyMs() };
      const decision = decideLease(sight, identity, steadyMs());
      if (decision.do !== 'wait') {
        await this.#claim(decision.because);
        return times.renewMs;
      }
      this.#close(decision.because);
      return Math.max(0, Math.min(times.retryMs, decision.untilMs - steadyMs()));
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<number> {
    const { times } = this.#options;
    const outpaced = error instanceof TagalongError && ['CONFLICT', 'ALREADY_EXISTS', 'NOT_FOUND'].includes(error.code);
    if (outpaced && this.#heldUntilMs !== null) {
      // Somebody wrote it, or deleted it: only a look tells who has it now.
      await this.#look().catch(() => {});
      if (this.#known?.record?.holder !== this.#options.identity) this.#close('somebody else wrote it');
      return 0;
    }
    this.#tell(errorMessage(error));
    return times.retryMs;
  }

  async #look(): Promise<void> {
    const { cluster, namespace, name, steadyMs } = this.#options;
    const lease = await cluster.get(leaseRef(namespace, name), this.#timeout());
    this.#learn(lease, steadyMs());
  }

  #learn(lease: KubeObject | null, nowMs: number): void {
    const record = lease === null ? null : parseLease(lease);
    const isNews = JSON.stringify(record) !== JSON.stringify(this.#known?.record ?? null) || this.#known === null;
    const seenAtMs = isNews ? nowMs : (this.#known?.seenAtMs ?? nowMs);
    this.#known = { record, seenAtMs, resourceVersion: lease?.metadata.resourceVersion };
  }

  async #claim(because: string): Promise<void> {
    const { identity, times, clock, steadyMs } = this.#options;
    const before = this.#known?.record ?? null;
    // The server may note it the moment it is sent; whoever waits counts from then on, and so does this process.
    const sentAtMs = steadyMs();
    const record = claimLease(before, identity, times.durationMs, formatMicroTime(clock.now()));
    this.#learn(await this.#write(record), steadyMs());
    this.#open(sentAtMs + times.deadlineMs, because);
  }

  #write(record: LeaseRecord): Promise<KubeObject> {
    const { cluster, namespace, name } = this.#options;
    const signal = this.#timeout();
    const spec = renderLease(record);
    const resourceVersion = this.#known?.resourceVersion;
    if (resourceVersion !== undefined) {
      const body = { metadata: { resourceVersion }, spec };
      return cluster.patch(leaseRef(namespace, name), body, { type: 'merge', fieldManager: 'tagalong', signal });
    }
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
    return cluster.create(lease, { fieldManager: 'tagalong', signal });
  }

  /** A request that hangs must leave time for another before the deadline. */
  #timeout(): AbortSignal {
    return AbortSignal.timeout(this.#options.times.deadlineMs / 2);
  }

  #open(untilMs: number, because: string): void {
    const { clock, steadyMs, log, name } = this.#options;
    const wasHeld = this.#heldUntilMs !== null;
    this.#heldUntilMs = untilMs;
    this.#cancelDeadline?.();
    this.#cancelDeadline = clock.schedule(Math.max(0, untilMs - steadyMs()), () =>
      this.#close('it could not be renewed in time'),
    );
    if (wasHeld) return;
    log.info('lease taken', { lease: name, because });
    this.#because = '';
    this.#tellListeners(true);
  }

  #close(because: string): void {
    const wasHeld = this.#heldUntilMs !== null;
    this.#heldUntilMs = null;
    this.#cancelDeadline?.();
    if (!wasHeld) return this.#tell(because);
    this.#because = because;
    this.#options.log.error('lease lost, nothing is written any more', { lease: this.#options.name, because });
    this.#tellListeners(false);
  }

  /** Ends what it guards on purpose. */
  #closeKindly(because: string): void {
    if (this.#heldUntilMs === null) return;
    this.#heldUntilMs = null;
    this.#cancelDeadline?.();
    this.#because = because;
    this.#options.log.info('lease let go of', { lease: this.#options.name, because });
    this.#tellListeners(false);
  }

  /** Says once why it is passive, and again only when that changes. */
  #tell(because: string): void {
    if (this.#heldUntilMs !== null || because === this.#because) return;
    this.#because = because;
    this.#options.log.info('passive: lease not held', { lease: this.#options.name, namespace: this.#options.namespace, because });
  }

  #tellListeners(open: boolean): void {
    for (const listener of this.#listeners) listener(open);
  }

  async #giveUp(because: string): Promise<void> {
    const { identity, clock, log, name } = this.#options;
    const record = this.#known?.record;
    this.#closeKindly(because);
    if (record === undefined || record === null || record.holder !== identity) return this.#tell(because);
    try {
      const lease = await this.#writeReleased(releaseLease(record, formatMicroTime(clock.now())));
      this.#learn(lease, this.#options.steadyMs());
    } catch (error) {
      this.#known = null;
      log.warn('lease could not be released; others wait until it runs out', { lease: name, error: errorMessage(error) });
    }
  }

  #writeReleased(record: LeaseRecord): Promise<KubeObject> {
    const { cluster, namespace, name } = this.#options;
    const body = { metadata: { resourceVersion: this.#known?.resourceVersion }, spec: renderLease(record) };
    const signal = AbortSignal.timeout(releaseTimeoutMs);
    return cluster.patch(leaseRef(namespace, name), body, { type: 'merge', fieldManager: 'tagalong', signal });
  }
}
