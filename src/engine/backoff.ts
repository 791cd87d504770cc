import type { RetryPolicy } from '../core/index.ts';

export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Flux's `--min-retry-delay` and `--max-retry-delay`. */
export const defaultBackoff: BackoffLimits = { minMs: 750, maxMs: 15 * 60_000 };

/**
 * The one error policy: how long to wait before trying again, or null for not until the spec changes. Delays double with each failure
 * in a row and lose up to a fifth at random, so that objects that failed together do not come back together.
 * `random` is in [0, 1).
 */
export function decideRetry(retry: RetryPolicy, failuresInARow: number, random: number, limits = defaultBackoff): number | null {
  if (retry === 'never') return null;
  if (retry !== 'backoff') return retry.afterMs;
  const delay = Math.min(limits.maxMs, limits.minMs * 2 ** Math.min(failuresInARow - 1, 30));
  return Math.round(delay * (1 - 0.2 * random));
}

/** An interval spread by ±5 %, as Flux's `--interval-jitter-percentage`. */
export function jitterInterval(intervalMs: number, random: number): number {
  return Math.round(intervalMs * (0.95 + 0.1 * random));
}
