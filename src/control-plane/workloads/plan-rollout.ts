/** What a rollout has to know of one generation of pods. */
export interface Fleet {
  /** How many pods it was told to have. */
  readonly replicas: number;
  readonly available: number;
}

export interface Rollout {
  readonly desired: number;
  /** Null: all old pods go before the first new one comes (Recreate). */
  readonly limits: { readonly maxSurge: number; readonly maxUnavailable: number } | null;
  readonly current: Fleet;
  readonly old: readonly Fleet[];
  /** Pods of old fleets that still are there. */
  readonly oldPods: number;
}

export interface Scales {
  readonly current: number;
  /** In the order of `old`. */
  readonly old: readonly number[];
}

/** The next step of a rollout: never more pods than desired and surge, never fewer available than desired less unavailable. */
export function planRollout({ desired, limits, current, old, oldPods }: Rollout): Scales {
  const oldReplicas = sum(old);
  if (limits === null) return { current: oldPods > 0 || oldReplicas > 0 ? current.replicas : desired, old: old.map(() => 0) };
  const room = desired + limits.maxSurge - oldReplicas;
  const next = Math.min(desired, Math.max(current.replicas, room));
  const unavailableNew = current.replicas - current.available;
  const removable = current.replicas + oldReplicas - (desired - limits.maxUnavailable) - unavailableNew;
  return { current: next, old: shrink(old, Math.max(0, removable)) };
}

/** Takes away pods that do not work first. */
function shrink(fleets: readonly Fleet[], count: number): number[] {
  let left = count;
  const take = (wanted: number) => {
    const taken = Math.max(0, Math.min(wanted, left));
    left -= taken;
    return taken;
  };
  const healthy = fleets.map(({ replicas, available }) => replicas - take(replicas - available));
  return healthy.map((replicas) => replicas - take(replicas));
}

function sum(fleets: readonly Fleet[]): number {
  return fleets.reduce((total, { replicas }) => total + replicas, 0);
}

/** `25%` or a number, of `desired`; a surge is rounded up, what may be missing down. */
export function parseAmount(value: unknown, desired: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  if (percent === undefined) return 0;
  const exact = (Number(percent) * desired) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
