import { decideRetry, jitterInterval } from './backoff.ts';
import type { Outcome } from './reconcile-object.ts';

/** Decides when an object runs again: at its interval, or ever later while its runs fail. */
export class RetrySchedule {
  readonly #random: () => number;
  readonly #failures = new Map<string, number>();

  /** `random` is in [0, 1), for jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Milliseconds until the next run; null = when something happens. One success ends a row of failures. */
  delayAfter(id: string, { result, next }: Outcome): number | null {
    const failures = result === 'failed' ? (this.#failures.get(id) ?? 0) + 1 : 0;
    if (failures === 0) this.#failures.delete(id);
    else this.#failures.set(id, failures);
    if (next === 'never') return null;
    if (next === 'backoff') return decideRetry('backoff', Math.max(1, failures), this.#random());
    return next.jitter === true ? jitterInterval(next.afterMs, this.#random()) : next.afterMs;
  }
}
