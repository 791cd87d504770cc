import { compareBytes } from './byte-order.ts';
import type { Ordering } from './ordering.ts';
import type { TagFilter } from './tag-filter.ts';
import { isValidTag } from './tag-grammar.ts';

/** A tag that the policy may pick. */
export interface Candidate {
  readonly tag: string;
  /** What the policy orders it by: the tag, or what `extract` made of it. */
  readonly value: string;
  /** Only the policy that made it can read it. */
  readonly position: unknown;
}

/** Where a tag's way ends: `stage` names the rule that dropped it. */
export type Judgement =
  | { readonly stage: 'candidate'; readonly candidate: Candidate }
  /** It has a place in the order, but may not be picked. */
  | { readonly stage: 'range'; readonly candidate: Candidate; readonly reason: string; readonly preRelease: boolean }
  | { readonly stage: 'malformed' | 'pattern' | 'parse'; readonly reason: string };

/** An ImagePolicy's `policy` and `filterTags`, compiled: pure, and safe to keep for as long as the spec stays. */
export interface TagPolicy {
  readonly kind: Ordering<unknown>['kind'];
  readonly description: string;
  readonly filter: TagFilter | null;
  judge(tag: string): Judgement;
  /** Positive when `a` is later, 0 when the order does not tell them apart. */
  compare(a: Candidate, b: Candidate): number;
  /** As `compare`, but never 0 for two different tags, so that a selection does not depend on the order of a listing. */
  prefer(a: Candidate, b: Candidate): number;
}

export function createTagPolicy<Position>(ordering: Ordering<Position>, filter: TagFilter | null): TagPolicy {
  // The only positions that come back here are those that this policy's judge handed out.
  const compare = (a: Candidate, b: Candidate) => ordering.compare(a.position as Position, b.position as Position);
  return {
    kind: ordering.kind,
    description: ordering.description,
    filter,
    judge: (tag) => judgeTag(tag, ordering, filter),
    compare,
    // Of tags with the same extracted value the byte-lowest stays, as in Flux, where it overwrites the others.
    prefer: (a, b) => compare(a, b) || ordering.breakTie(a.value, b.value) || compareBytes(b.tag, a.tag),
  };
}

function judgeTag<Position>(tag: string, ordering: Ordering<Position>, filter: TagFilter | null): Judgement {
  if (!isValidTag(tag)) return { stage: 'malformed', reason: 'not a tag that a registry can have' };
  const value = filter === null ? tag : filter.extractFrom(tag);
  if (value === null) return { stage: 'pattern', reason: `does not match the pattern "${filter?.pattern}"` };
  const extracted = value === tag ? '' : `${JSON.stringify(value)} is `;
  const placed = ordering.place(value);
  if (placed.kind === 'unplaced') return { stage: 'parse', reason: extracted + placed.reason };
  const candidate = { tag, value, position: placed.position };
  const excluded = ordering.exclude(placed.position);
  if (excluded === null) return { stage: 'candidate', candidate };
  return { ...excluded, stage: 'range', candidate, reason: extracted + excluded.reason };
}
