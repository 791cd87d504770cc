import type { Commit } from '../core/index.ts';
import { type OrderTags, orderVersions, type Version } from './version.ts';

/** One commit that changed a unit's value. */
export interface Transition {
  readonly commit: Commit;
  readonly lost: readonly Version[];
  readonly gained: readonly Version[];
  /** Ours, with `Tagalong-Reason: policy`. */
  readonly followsPolicy: boolean;
}

export type HoldDecision =
  | { readonly kind: 'held'; readonly by: Transition; readonly current: Version; readonly because: string }
  /** `by` is the transition that frees the version; null where no transition ever touched it. */
  | { readonly kind: 'free'; readonly by: Transition | null; readonly because: string };

/** Whether a transition goes to or away from `newValue`; a value that only came or went with its marker went nowhere. */
export function touches({ lost, gained }: Pick<Transition, 'lost' | 'gained'>, newValue: string): boolean {
  return lost.length > 0 && gained.length > 0 && [...lost, ...gained].some(({ value }) => value === newValue);
}

/**
 * Whether history forbids `newValue`. `transitions` are the last ones on each line of history that touch it (one, unless lines that
 * were merged disagree; then a line that took it back wins). Direction decides, not authorship: a version left for an older one, or
 * for one the policy cannot order, is held, unless a commit of ours followed the policy.
 */
export function decideHold(transitions: readonly Transition[], newValue: string, orderTags: OrderTags): HoldDecision {
  const touching = transitions.filter((transition) => touches(transition, newValue));
  for (const by of touching) {
    const current = takenBackTo(by, newValue, orderTags);
    if (current) return { kind: 'held', by, current, because: `${newValue} was taken back to ${current.value}` };
  }
  const [by = null] = touching;
  return { kind: 'free', by, because: by === null ? `${newValue} was never left` : describeFree(by, newValue) };
}

/** The value that took the place of `newValue` and is not newer; null if this transition is no word against it. */
function takenBackTo(transition: Transition, newValue: string, orderTags: OrderTags): Version | null {
  if (!leaves(transition, newValue) || transition.followsPolicy) return null;
  const left = transition.lost.find(({ value }) => value === newValue);
  return transition.gained.find((version) => left && !isNewer(version, left, orderTags)) ?? null;
}

/** Whether the policy orders `version` after `left`; a value it cannot order is not newer. */
export function isNewer(version: Version, left: Version, orderTags: OrderTags): boolean {
  const order = orderVersions(version, left, orderTags);
  return order !== 'unordered' && order > 0;
}

function leaves({ lost, gained }: Pick<Transition, 'lost' | 'gained'>, newValue: string): boolean {
  return gained.length > 0 && lost.some(({ value }) => value === newValue);
}

function describeFree(transition: Transition, newValue: string): string {
  const commit = transition.commit.oid.slice(0, 7);
  if (!leaves(transition, newValue)) return `${commit} set ${newValue}`;
  return transition.followsPolicy
    ? `${commit} left ${newValue} because the policy did`
    : `${commit} left ${newValue} for a newer version`;
}
