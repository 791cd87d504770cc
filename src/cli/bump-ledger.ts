import type { Instant } from '../core/index.ts';

/** One bump on its way: from the first hop that was seen of it. */
export interface Bump {
  readonly startedAt: Instant;
  /** `<key> <hop>` of each hop seen. */
  readonly hops: Set<string>;
}

const openForMs = 600_000;
const rememberedAtMost = 1000;

/**
 * Knows which bump a repository, a policy or a commit belongs to. Kinds are watched one by one, so that a hop may be seen before the one
 * that caused it: the later one then joins the bump that the earlier one began.
 */
export class BumpLedger {
  readonly #bumps = new Map<string, Bump>();

  /**
   * The bump of a hop: the one `key` is in, else that of the first of `causes`, else a new one. A bump has each hop of a key once, so
   * that the same hop again is another bump's.
   */
  join(key: string, hop: string, causes: readonly string[], now: Instant): Bump {
    const mark = `${key} ${hop}`;
    const known = [key, ...causes].flatMap((name) => this.#bumps.get(name) ?? []);
    const bump = known.find(({ startedAt, hops }) => now - startedAt < openForMs && !hops.has(mark)) ?? {
      startedAt: now,
      hops: new Set(),
    };
    bump.hops.add(mark);
    for (const name of [key, ...causes]) this.#remember(name, bump);
    return bump;
  }

  /** The bump that a key belongs to, if any. */
  find(key: string): Bump | null {
    return this.#bumps.get(key) ?? null;
  }

  /** Lets a commit that nobody named yet belong to the newest bump that was selected and not committed; without one, to none. */
  adoptCommit(key: string, now: Instant): void {
    if (this.#bumps.has(key)) return;
    const waiting = [...this.#bumps.values()].filter(
      ({ startedAt, hops }) => now - startedAt < openForMs && hasHop(hops, 'selected') && !hasHop(hops, 'committed'),
    );
    const newest = waiting.toSorted((a, b) => b.startedAt - a.startedAt)[0];
    if (newest !== undefined) this.#remember(key, newest);
  }

  #remember(key: string, bump: Bump): void {
    this.#bumps.delete(key);
    this.#bumps.set(key, bump);
    const [oldest] = this.#bumps.keys();
    if (this.#bumps.size > rememberedAtMost && oldest !== undefined) this.#bumps.delete(oldest);
  }
}

function hasHop(hops: ReadonlySet<string>, hop: string): boolean {
  return [...hops].some((mark) => mark.endsWith(` ${hop}`));
}
