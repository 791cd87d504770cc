import type { ImagePolicy, UpdateGuard } from '../api/index.ts';
import type { Clock, NamespacedName } from '../core/index.ts';
import { answersOf, bindGuards, compileGuard } from '../guard/index.ts';
import type { UnhealthyRule } from './rollout-deps.ts';

/** What the guards of a policy say of bumps that fail; what a guard that cannot be read says counts for nothing. */
export function createUnhealthyRules({
  listGuards,
  findPolicy,
  guardNamespace,
  clock,
}: {
  listGuards(): readonly UpdateGuard[];
  findPolicy(name: NamespacedName): ImagePolicy | undefined;
  readonly guardNamespace: string;
  readonly clock: Clock;
}): (policy: NamespacedName) => UnhealthyRule {
  return (name) => {
    const policy = findPolicy(name);
    if (policy === undefined) return answersOf([]);
    const known = listGuards().map((resource) => ({ resource, compiled: compileGuard(resource, clock.now()) }));
    return answersOf(bindGuards(known, policy, guardNamespace).guards);
  };
}
