import type { OnUnhealthy } from '../core/index.ts';
import type { Evidence } from './judge-pod.ts';

/** All that decides whether a failed bump is taken back. */
export interface UndoFacts {
  readonly onUnhealthy: OnUnhealthy;
  /** What speaks against the image; null where something else failed. */
  readonly evidence: Evidence | null;
  /** Whether the automation of this cluster is the one that made the commit. */
  readonly isOwn: boolean;
  readonly isSuspended: boolean;
  /** How the workloads that failed did with the previous image. */
  readonly previous: 'healthy' | 'ill' | 'unknown';
  /** The first workload of which more than the image changed since it was healthy. */
  readonly changedToo: string | null;
  /** An unrelated bump that failed at about the same time. */
  readonly unrelated: string | null;
  /** The bump that was taken back for the same version before. */
  readonly undoneBefore: string | null;
}

export type UndoDecision =
  | { readonly do: 'undo' }
  | { readonly do: 'withhold'; readonly reason: string; readonly because: string };

/** Takes a bump back only where everything says that it is the image, and that the version before does better. */
export function decideUndo(facts: UndoFacts): UndoDecision {
  if (facts.onUnhealthy !== 'Rollback')
    return withhold(facts.onUnhealthy, 'no guard of the policy asks for a rollback (spec.onUnhealthy)');
  if (!facts.isOwn) return withhold('OtherWriter', 'another automation made the commit, and only that one may undo it');
  if (facts.evidence === null) return withhold('NotTheImage', 'nothing speaks against the image itself');
  if (facts.isSuspended) return withhold('Suspended', 'the automation is suspended, paused or only observes');
  if (facts.undoneBefore !== null)
    return withhold(
      'UndoneBefore',
      `the same version was taken back before (${facts.undoneBefore}) and somebody let it land again`,
    );
  if (facts.previous !== 'healthy') return withhold('PreviousUnhealthy', describePrevious(facts.previous));
  if (facts.changedToo !== null)
    return withhold('MoreChanged', `more than the image of ${facts.changedToo} changed since it was last healthy`);
  if (facts.unrelated !== null)
    return withhold(
      'BreakerOpen',
      `${facts.unrelated} failed within ten minutes as well and has nothing to do with it: the cluster is ill rather than the images; rollbacks stop`,
    );
  return { do: 'undo' };
}

function withhold(reason: string, because: string): UndoDecision {
  return { do: 'withhold', reason, because };
}

function describePrevious(previous: 'ill' | 'unknown'): string {
  return previous === 'ill'
    ? 'the previous version is not healthy either'
    : 'whether the previous version was healthy is not known';
}
