import type { Candidate, TagPolicy } from './tag-policy.ts';

/**
 * The policy's order on original tags: positive when `a` is later than `b` (what the policy prefers), 0 when it takes them for
 * equal, `unordered` when it cannot place one of them (no match of the pattern, not a version, not a number). Tags outside the
 * range have a place all the same.
 */
export function orderTags(policy: TagPolicy, a: string, b: string): number | 'unordered' {
  const left = placeTag(policy, a);
  const right = placeTag(policy, b);
  return left === null || right === null ? 'unordered' : policy.compare(left, right);
}

/** Whether the policy could pick this tag if it were the only one. */
export function passesPolicy(policy: TagPolicy, tag: string): boolean {
  return policy.judge(tag).stage === 'candidate';
}

function placeTag(policy: TagPolicy, tag: string): Candidate | null {
  const judgement = policy.judge(tag);
  return judgement.stage === 'candidate' || judgement.stage === 'range' ? judgement.candidate : null;
}
