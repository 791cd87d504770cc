import { type Delivery, type OnUnhealthy, parseDurationMs } from '../core/index.ts';
import type { Guard } from './compile-guard.ts';

/** What the guards of a policy want of a bump that lands. */
export interface GuardAnswers {
  readonly delivery: Delivery;
  readonly onUnhealthy: OnUnhealthy;
  readonly healthTimeoutMs: number;
}

const defaultHealthTimeoutMs = 600_000;
const strictness: readonly OnUnhealthy[] = ['Ignore', 'Notify', 'Rollback'];

/** The strictest answer of each kind wins; what no guard says is pushed, told of, and given ten minutes. */
export function answersOf(guards: readonly Guard[]): GuardAnswers {
  return { delivery: deliveryOf(guards), onUnhealthy: onUnhealthyOf(guards), healthTimeoutMs: healthTimeoutOf(guards) };
}

/** How bumps of a policy land: a pull request where one of its guards says so. */
export function deliveryOf(guards: readonly Guard[]): Delivery {
  return guards.some(({ spec }) => spec.delivery === 'PullRequest') ? 'PullRequest' : 'Push';
}

function onUnhealthyOf(guards: readonly Guard[]): OnUnhealthy {
  const said = guards.flatMap(({ spec }) => spec.onUnhealthy ?? []);
  return strictness.findLast((answer) => said.includes(answer)) ?? 'Notify';
}

function healthTimeoutOf(guards: readonly Guard[]): number {
  const said = guards.flatMap(({ spec }) =>
    spec.healthTimeout === undefined ? [] : (parseDurationMs(spec.healthTimeout) ?? []),
  );
  return said.length === 0 ? defaultHealthTimeoutMs : Math.min(...said);
}
