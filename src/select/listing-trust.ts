import { compareBytes } from './byte-order.ts';

/** A tag that a policy has picked, and that a listing should therefore still have. */
export interface TagInUse {
  readonly tag: string;
  /** Who uses it, for sentences. */
  readonly by: string;
  /** Whether the policy would go forward all the same: a tag that it prefers is in the listing. */
  goesForward(tags: readonly string[]): boolean;
}

/** Below this many tags half of them is a clean-up of a few, and says nothing. */
const fewTags = 10;

/**
 * Why a listing is not believed: it lost more than half of at least ten tags, or a tag that a policy has picked and would go back
 * from. Null when it may be believed. Both lists are in descending byte order, and what the same exclusion list leaves; without a list
 * before, only tags in use count.
 */
export function doubtListing(
  before: readonly string[] | null,
  now: readonly string[],
  inUse: readonly TagInUse[],
): string | null {
  if (before !== null && before.length >= fewTags) {
    const kept = countShared(before, now);
    if (kept * 2 < before.length) return `it lost ${before.length - kept} of ${before.length} tags`;
  }
  const lost = inUse.find(({ tag, goesForward }) => !now.includes(tag) && !goesForward(now));
  return lost === undefined ? null : `it lost ${lost.tag}, which ${lost.by} has picked`;
}

/** Goes through both once: a set of a million tags would cost more memory than the tags. */
function countShared(before: readonly string[], now: readonly string[]): number {
  let shared = 0;
  let index = 0;
  for (const tag of before) {
    while (index < now.length && compareBytes(now[index] ?? '', tag) > 0) index += 1;
    if (now[index] === tag) shared += 1;
  }
  return shared;
}
