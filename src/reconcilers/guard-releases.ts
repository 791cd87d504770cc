import { formatKey, type Instant, type NamespacedName } from '../core/index.ts';
import { type GuardReason, waitFor } from '../guard/index.ts';
import type { GuardRecords } from './guard-records.ts';

export interface GuardReleasesOptions {
  readonly records: GuardRecords;
  /** Between two bumps. */
  readonly everyMs: number;
}

/**
 * What a guard that was deleted let go: it lands one by one and not at once, so that a deletion by mistake can still be taken back. Known
 * from the state folder, so that a guard that went while nobody ran counts too.
 */
export class GuardReleases {
  readonly #records: GuardRecords;
  readonly #everyMs: number;
  /** By policy: the guard that is gone. */
  readonly #releasing = new Map<string, string>();
  #waiting: Map<string, readonly string[]> | null = null;
  #releasedAt: Instant | null = null;

  constructor({ records, everyMs }: GuardReleasesOptions) {
    this.#records = records;
    this.#everyMs = everyMs;
  }

  /** Compares the guards there are with those that something waited for. Returns each guard that is gone, with what it let go. */
  async look(guards: ReadonlySet<string>): Promise<{ readonly guard: string; readonly policies: readonly string[] }[]> {
    this.#waiting ??= new Map(await this.#records.readWaiting());
    for (const [policy, guard] of [...this.#releasing]) if (guards.has(guard)) this.#releasing.delete(policy);
    const gone = [...this.#waiting].filter(([guard]) => !guards.has(guard)).map(([guard, policies]) => ({ guard, policies }));
    const news = gone.filter(({ guard, policies }) => policies.some((policy) => this.#releasing.get(policy) !== guard));
    for (const { guard, policies } of gone) for (const policy of policies) this.#releasing.set(policy, guard);
    return news;
  }

  /** Notes which policies wait for which guards; what was let go and has not landed yet stays noted with the guard that is gone. */
  async note(waiting: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const released = Map.groupBy(this.#releasing, ([, guard]) => guard);
    const gone = [...released].map(([guard, entries]) => [guard, entries.map(([policy]) => policy)] as const);
    const next = new Map([...waiting, ...gone].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    if (JSON.stringify([...next]) === JSON.stringify([...(this.#waiting ?? [])])) return;
    this.#waiting = next;
    await this.#records.writeWaiting(next);
  }

  /** Of bumps that all else lets through, those that have to wait for their turn, by policy. */
  check(policies: readonly NamespacedName[], now: Instant): Map<string, GuardReason[]> {
    const released = policies.map(formatKey).filter((policy) => this.#releasing.has(policy));
    const since = this.#releasedAt === null ? Number.POSITIVE_INFINITY : now - this.#releasedAt;
    const isTurn = since >= this.#everyMs || since < 0;
    const waiting = isTurn ? released.slice(1) : released;
    const nextAt = (isTurn ? now : (this.#releasedAt ?? now)) + this.#everyMs;
    return new Map(
      waiting.map((policy, index) => {
        const until = nextAt + index * this.#everyMs;
        const message = `UpdateGuard ${this.#releasing.get(policy)}, which it waited for, was deleted; such bumps land one by one`;
        return [policy, [waitFor(null, 'GuardDeleted', message, { until })]];
      }),
    );
  }

  /** Told of what is about to land. */
  landing(policies: readonly NamespacedName[], now: Instant): void {
    for (const policy of policies.map(formatKey)) if (this.#releasing.delete(policy)) this.#releasedAt = now;
  }
}
