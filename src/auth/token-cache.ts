import type { Clock, Instant, Secret } from '../core/index.ts';

/** A token that somebody issued for a while. */
export interface IssuedToken {
  readonly token: Secret;
  readonly expiresAt: Instant;
}

const soonestRenewalMs = 5 * 60_000;
const tokensAtMost = 100;

/** Tokens by what they were issued for: asked for once by callers of one moment, and again when a fifth of their time, five minutes at most, is left. */
export class TokenCache<Token extends IssuedToken> {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, { readonly issued: Promise<Token>; renewAt: Instant }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The token for `key`; `issue` asks for a new one. A failure is not kept. */
  async get(key: string, issue: () => Promise<Token>): Promise<Token> {
    const known = this.#tokens.get(key);
    if (known !== undefined && this.#clock.now() < known.renewAt) return known.issued;
    const issued = issue();
    const entry = { issued, renewAt: Number.POSITIVE_INFINITY };
    this.#tokens.delete(key);
    this.#tokens.set(key, entry);
    for (const oldest of this.#tokens.keys()) if (this.#tokens.size > tokensAtMost) this.#tokens.delete(oldest);
    try {
      const { expiresAt } = await issued;
      const leftMs = expiresAt - this.#clock.now();
      entry.renewAt = expiresAt - Math.min(soonestRenewalMs, leftMs / 5);
    } catch (error) {
      if (this.#tokens.get(key) === entry) this.#tokens.delete(key);
      throw error;
    }
    return issued;
  }
}
