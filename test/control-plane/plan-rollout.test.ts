import { expect, test } from 'vitest';
import { parseAmount, planRollout } from '../../src/control-plane/workloads/plan-rollout.ts';

const limits = { maxSurge: 1, maxUnavailable: 1 };
const full = (replicas: number) => ({ replicas, available: replicas });
const none = full(0);

test.for([
  {
    because: 'a first rollout starts at once',
    desired: 3,
    limits,
    current: none,
    old: [],
    oldPods: 0,
    plan: { current: 3, old: [] },
  },
  {
    because: 'a rollout adds what the surge allows and removes what may be missing',
    desired: 4,
    limits,
    current: none,
    old: [full(4)],
    oldPods: 4,
    plan: { current: 1, old: [3] },
  },
  {
    because: 'old pods stay while new ones are not available',
    desired: 4,
    limits,
    current: { replicas: 2, available: 0 },
    old: [full(3)],
    oldPods: 3,
    plan: { current: 2, old: [3] },
  },
  {
    because: 'old pods go as new ones become available',
    desired: 4,
    limits,
    current: full(2),
    old: [full(3)],
    oldPods: 3,
    plan: { current: 2, old: [1] },
  },
  {
    because: 'broken old pods go first',
    desired: 2,
    limits,
    current: none,
    old: [full(2), { replicas: 1, available: 0 }],
    oldPods: 3,
    plan: { current: 0, old: [1, 0] },
  },
  {
    because: 'recreate waits for the last old pod',
    desired: 2,
    limits: null,
    current: none,
    old: [full(2)],
    oldPods: 2,
    plan: { current: 0, old: [0] },
  },
  {
    because: 'recreate starts when nothing old is left',
    desired: 2,
    limits: null,
    current: none,
    old: [none],
    oldPods: 0,
    plan: { current: 2, old: [0] },
  },
  {
    because: 'a scale down is at once',
    desired: 1,
    limits,
    current: full(5),
    old: [],
    oldPods: 0,
    plan: { current: 1, old: [] },
  },
])('$because', ({ plan, because: _, ...rollout }) => {
  expect(planRollout(rollout)).toEqual(plan);
});

test.for([
  { value: '25%', desired: 10, rounding: 'up', amount: 3 },
  { value: '25%', desired: 10, rounding: 'down', amount: 2 },
  { value: 2, desired: 10, rounding: 'up', amount: 2 },
  { value: undefined, desired: 10, rounding: 'up', amount: 0 },
] as const)('$value of $desired, rounded $rounding, is $amount', ({ value, desired, rounding, amount }) => {
  expect(parseAmount(value, desired, rounding)).toBe(amount);
});
