import type { Rollout } from '../api/index.ts';
import { formatKey, type Instant, type NamespacedName } from '../core/index.ts';
import { type Guard, type GuardReason, waitFor } from '../guard/index.ts';
import { isUnderWay } from '../rollout/index.ts';
import { describeWriter } from './automation-guards.ts';
import type { Landed } from './guard-records.ts';

const hourMs = 3_600_000;

/** A push of which no Rollout tells yet counts as one for so long. */
const unseenForMs = 120_000;

/** What counts against limits on one branch. */
export interface LimitFacts {
  /** The repository and the branch. */
  readonly writer: string;
  readonly landed: readonly Landed[];
  readonly rollouts: readonly Rollout[];
  readonly now: Instant;
  /** Whether a guard binds a policy, by the policy's key. */
  binds(guard: Guard, policy: string): boolean;
}

/**
 * Of bumps that all else lets through, those that a limit keeps out, by policy. The first ones in the order given land; each takes its
 * place in the count before the next is looked at.
 */
export function checkLimits(
  policies: readonly NamespacedName[],
  guards: readonly Guard[],
  facts: LimitFacts,
): Map<string, GuardReason[]> {
  const budgets = guards.filter(({ spec }) => spec.limits !== undefined).map((guard) => openBudget(guard, facts));
  const closed = new Map<string, GuardReason[]>();
  for (const policy of policies.map(formatKey)) {
    const concerned = budgets.filter(({ guard }) => facts.binds(guard, policy));
    const reasons = concerned.flatMap((budget) => budget.refusal() ?? []);
    if (reasons.length > 0) closed.set(policy, reasons);
    else for (const budget of concerned) budget.take();
  }
  return closed;
}

interface Budget {
  readonly guard: Guard;
  refusal(): GuardReason | null;
  take(): void;
}

function openBudget(guard: Guard, facts: LimitFacts): Budget {
  const { perHour = Number.POSITIVE_INFINITY, maxConcurrentRollouts = Number.POSITIVE_INFINITY } = guard.spec.limits ?? {};
  const times = timesOf(guard, facts);
  const underWay = countUnderWay(guard, facts);
  let taken = 0;
  return {
    guard,
    take: () => {
      taken += 1;
    },
    refusal: () => {
      if (times.length + taken >= perHour) {
        const freeAt = times.length < perHour ? null : (times[times.length - perHour] ?? facts.now);
        const until = (freeAt ?? facts.now) + hourMs;
        return waitFor(guard.name, 'LimitReached', `${perHour} bump(s) landed within the hour, which is its limit`, { until });
      }
      if (underWay + taken < maxConcurrentRollouts) return null;
      const message = `${underWay + taken} bump(s) that landed are not healthy yet; its limit is ${maxConcurrentRollouts}`;
      // Rollouts tell when they end; the time is for a push of which none tells.
      return waitFor(guard.name, 'LimitReached', message, { askAgainAt: facts.now + unseenForMs });
    },
  };
}

/** When each bump of the last hour landed, oldest first: as Rollouts tell it, and of pushes that none tells yet. */
function timesOf(guard: Guard, { writer, landed, rollouts, now, binds }: LimitFacts): Instant[] {
  const told = rollouts
    .filter((rollout) => writerOf(rollout) === writer && binds(guard, policyOf(rollout)))
    .map((rollout) => ({ policy: policyOf(rollout), at: Date.parse(rollout.spec.committedAt) }));
  const own = landed.filter((one) => one.writer === writer && binds(guard, one.policy));
  // A Rollout is of the commit that was made right after the push was noted.
  const unseen = own.filter(
    (one) => !told.some(({ policy, at }) => policy === one.policy && Math.abs(at - one.at) < unseenForMs),
  );
  return [...told, ...unseen]
    .map(({ at }) => at)
    .filter((at) => at > now - hourMs)
    .toSorted((a, b) => a - b);
}

function countUnderWay(guard: Guard, { writer, landed, rollouts, now, binds }: LimitFacts): number {
  const ours = rollouts.filter((rollout) => writerOf(rollout) === writer && binds(guard, policyOf(rollout)));
  const unseen = landed.filter(
    (one) =>
      one.writer === writer &&
      now - one.at < unseenForMs &&
      binds(guard, one.policy) &&
      !ours.some((rollout) => policyOf(rollout) === one.policy && Date.parse(rollout.spec.committedAt) > one.at - unseenForMs),
  );
  return ours.filter(isUnderWay).length + unseen.length;
}

/** The repository and the branch that a Rollout's commit went to. */
function writerOf({ spec }: Rollout): string {
  return describeWriter(spec.repository, spec.branch);
}

function policyOf({ metadata, spec }: Rollout): string {
  return `${metadata.namespace ?? ''}/${spec.policy.name}`;
}
