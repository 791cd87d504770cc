import type { Candidate, TagPolicy } from './tag-policy.ts';

/** How many tags each rule dropped; `candidates` were left to order. */
export interface TagCounts {
  readonly total: number;
  readonly malformed: number;
  readonly pattern: number;
  readonly parse: number;
  readonly range: number;
  readonly candidates: number;
}

export type TagSelection =
  | { readonly kind: 'selected'; readonly tag: string; readonly counts: TagCounts }
  /** `reason` begins with the words that Flux puts into its condition. */
  | { readonly kind: 'none'; readonly reason: string; readonly counts: TagCounts };

/**
 * The tag that a policy picks, whatever the order of `tags`. Streams: keeps one candidate, so memory does not grow with the
 * listing. `tags` are those that an exclusion list has left.
 */
export function selectTag(policy: TagPolicy, tags: Iterable<string>): TagSelection {
  const counts = { total: 0, malformed: 0, pattern: 0, parse: 0, range: 0, candidates: 0 };
  let best: Candidate | null = null;
  for (const tag of tags) {
    counts.total += 1;
    const judgement = policy.judge(tag);
    if (judgement.stage !== 'candidate') {
      counts[judgement.stage] += 1;
      continue;
    }
    counts.candidates += 1;
    if (best === null || policy.prefer(judgement.candidate, best) > 0) best = judgement.candidate;
  }
  return best === null
    ? { kind: 'none', reason: describeNone(policy, counts), counts }
    : { kind: 'selected', tag: best.tag, counts };
}

function describeNone(policy: TagPolicy, counts: TagCounts): string {
  const { total, malformed, pattern, parse, range } = counts;
  if (total === 0) return 'version list argument cannot be empty: there are no tags';
  const dropped = [
    pattern > 0 ? `${pattern} without a match of the pattern ${JSON.stringify(policy.filter?.pattern)}` : '',
    parse > 0 ? `${parse} not ${policy.kind === 'semver' ? 'a version' : 'a number'}` : '',
    range > 0 ? `${range} outside the ${policy.description}` : '',
    malformed > 0 ? `${malformed} malformed` : '',
  ].filter((part) => part !== '');
  const words =
    parse + range > 0 ? 'unable to determine latest version from provided list' : 'version list argument cannot be empty';
  return `${words}: none of ${total === 1 ? '1 tag' : `${total} tags`} is left (${dropped.join(', ')})`;
}
