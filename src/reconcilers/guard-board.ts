import { isDeepStrictEqual } from 'node:util';
import { formatKey, type Instant, type NamespacedName } from '../core/index.ts';
import type { GuardReason } from '../guard/index.ts';

/** A bump that waits, and everything that it waits for. */
export interface Waiting {
  readonly policy: NamespacedName;
  readonly automation: NamespacedName;
  /** Image, tag and digest, as far as they are known. */
  readonly candidate: string;
  readonly reasons: readonly GuardReason[];
  /** Since when this candidate has waited. */
  readonly since: Instant;
}

/** What waits at the moment, as the last run of each automation found it. */
export class GuardBoard {
  readonly #byAutomation = new Map<string, readonly Waiting[]>();
  readonly #onChange: (guards: readonly string[]) => void;

  /** `onChange` is told which guards have other news. */
  constructor(onChange: (guards: readonly string[]) => void) {
    this.#onChange = onChange;
  }

  /** Replaces what is known of one automation. */
  settle(automation: NamespacedName, found: readonly Omit<Waiting, 'since'>[], now: Instant): void {
    const key = formatKey(automation);
    const before = this.#byAutomation.get(key) ?? [];
    const after = found.map((one) => ({ ...one, since: sinceOf(one, before) ?? now }));
    if (isDeepStrictEqual(before, after)) return;
    if (after.length === 0) this.#byAutomation.delete(key);
    else this.#byAutomation.set(key, after);
    this.#onChange([...new Set([...guardsOf(before), ...guardsOf(after)])]);
  }

  all(): readonly Waiting[] {
    return [...this.#byAutomation.values()].flat();
  }

  /** What waits because of one guard, by policy. */
  of(guard: string): readonly Waiting[] {
    return this.all().filter((waiting) => guardsOf([waiting]).includes(guard));
  }
}

/** The guards that keep these from landing. */
export function guardsOf(waiting: readonly Pick<Waiting, 'reasons'>[]): string[] {
  return waiting.flatMap(({ reasons }) => reasons.flatMap(({ guard }) => (guard === null ? [] : [formatKey(guard)])));
}

function sinceOf({ policy, candidate }: Pick<Waiting, 'policy' | 'candidate'>, before: readonly Waiting[]): Instant | undefined {
  return before.find((one) => formatKey(one.policy) === formatKey(policy) && one.candidate === candidate)?.since;
}
