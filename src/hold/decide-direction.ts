import type { MarkerPart } from '../core/index.ts';
import { type OrderTags, tagOf } from './version.ts';

export interface DirectionQuestion {
  readonly part: MarkerPart;
  /** The rendered values in git and as selected. */
  readonly current: string;
  readonly selected: string;
  readonly orderTags: OrderTags;
  /** Whether a tag passes the policy's range, filters and exclusions now, were it in the listing. */
  readonly passesPolicy: (tag: string) => boolean;
  /** `tagalong.dev/allow-downgrade: "true"` on the ImagePolicy. */
  readonly allowDowngrade: boolean;
}

/**
 * `write` says whether the edit may land. A commit with any edit that has a `reason` carries it as the trailer `Tagalong-Reason`: then
 * leaving the old value is no hold, should the policy come back to it.
 */
export interface Direction {
  readonly direction: 'forward' | 'refused-downgrade' | 'policy-backwards' | 'unordered';
  readonly write: boolean;
  readonly reason: 'policy' | null;
  readonly because: string;
}

/**
 * The rule that nothing is downgraded unasked: an older selection is refused while the version in git still passes the policy, that
 * is, its tag only vanished from the listing. If the policy excludes it now, or cannot order it, somebody changed the policy to go back.
 */
export function decideDirection(question: DirectionQuestion): Direction {
  const { part, current, selected, orderTags } = question;
  const from = tagOf(part, current);
  const to = tagOf(part, selected);
  if (from === null || to === null || from === to) return unordered(question);
  const order = orderTags(from, to);
  if (order === 'unordered' || order === 0) return unordered(question);
  if (order < 0) return { direction: 'forward', write: true, reason: null, because: `${to} is newer than ${from}` };
  return decideBackwards(question, from, to);
}

function decideBackwards({ passesPolicy, allowDowngrade }: DirectionQuestion, from: string, to: string): Direction {
  const older = `${to} is older than ${from}`;
  if (!passesPolicy(from)) {
    return {
      direction: 'policy-backwards',
      write: true,
      reason: 'policy',
      because: `${older}, which the policy no longer accepts`,
    };
  }
  if (allowDowngrade) {
    return {
      direction: 'policy-backwards',
      write: true,
      reason: 'policy',
      because: `${older}, and the policy allows downgrades`,
    };
  }
  const because = `${older}, which the policy still accepts but the registry no longer lists; push ${from} again, narrow the policy, or set tagalong.dev/allow-downgrade: "true" on it`;
  return { direction: 'refused-downgrade', write: false, reason: null, because };
}

function unordered({ current, selected }: DirectionQuestion): Direction {
  const because = `the policy selected ${selected} and has no order between it and ${current}`;
  return { direction: 'unordered', write: true, reason: 'policy', because };
}
