/** What one policy has to wait for: the policies whose bumps could prove it. Null where that is not known; then it may come true. */
export interface Promotion {
  /** The guard that asks, as `namespace/name`. */
  readonly guard: string;
  readonly provenBy: readonly string[] | null;
}

/**
 * Policies that wait for themselves, each with the way that leads back to it, both ends included. A policy can land if each thing it waits
 * for is unknown, or can be proven by a policy that can land before it.
 */
export function findPromotionLoops(
  policies: readonly string[],
  promotionsOf: (policy: string) => readonly Promotion[],
): Map<string, readonly string[]> {
  const promotions = new Map(policies.map((policy) => [policy, promotionsOf(policy)]));
  const landable = new Set<string>();
  const isProvable =
    (policy: string) =>
    ({ provenBy }: Promotion) =>
      provenBy === null || provenBy.some((other) => other !== policy && (landable.has(other) || !promotions.has(other)));
  for (let before = -1; before !== landable.size; ) {
    before = landable.size;
    for (const [policy, wanted] of promotions) if (wanted.every(isProvable(policy))) landable.add(policy);
  }
  const nextOf = (policy: string) => promotions.get(policy)?.find((one) => !isProvable(policy)(one))?.provenBy?.[0];
  const stuck = policies.filter((policy) => !landable.has(policy));
  return new Map(stuck.map((policy) => [policy, wayBack(policy, nextOf)]));
}

/** From one policy to what it waits for first, until one comes again. */
function wayBack(start: string, nextOf: (policy: string) => string | undefined): string[] {
  const way = [start];
  for (let next = nextOf(start); next !== undefined; next = nextOf(next)) {
    const isSeen = way.includes(next);
    way.push(next);
    if (isSeen) break;
  }
  return way;
}
