import {
  type ImagePolicy,
  type ImageUpdateAutomation,
  matchesSelector,
  onRevertAnnotation,
  pullRequestAnnotation,
  releaseAnnotation,
} from '../api/index.ts';
import { type Delivery, type Hold, keyOf, type NamespacedName, nameOf } from '../core/index.ts';
import { isReleasedBy, type LastPush, type ReleaseQuestion } from '../hold/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { groupPolicies, type PolicyGroups, someInGroup } from './automation-groups.ts';
import type { AutomationGuards } from './automation-guards.ts';
import { type AutomationMemory, lastPushOf } from './automation-memory.ts';

/** What may be written, and what is known of it beforehand. */
export interface AutomationWishes {
  readonly namespace: string;
  /** Policies that the selector takes, that have an answer and are not suspended. */
  readonly policies: readonly ImagePolicy[];
  readonly groups: PolicyGroups;
  /** Keys of all policies of the namespace. */
  readonly known: ReadonlySet<string>;
  readonly lastPush: LastPush | undefined;
  readonly knownHolds: readonly Hold[];
  /** `tagalong.dev/on-revert: rebump`. */
  readonly ignoreHolds: boolean;
  /** How the bumps of a policy land; policies of one group land in one way. */
  deliveryOf(policy: NamespacedName): Delivery;
  /** What must be true before a bump lands. */
  readonly guards: AutomationGuards;
  /** Whether a person released this hold; `by` is null also where history cannot be read. */
  isReleased(hold: ReleaseQuestion): boolean;
}

/**
 * Read from the automation, what it remembers, and the policies as the API last told. `isDirect`: it pushes to the branch that it checks out;
 * pushes elsewhere say nothing of that branch.
 */
export function wishesOf(
  resource: ImageUpdateAutomation,
  memory: AutomationMemory,
  isDirect: boolean,
  deps: Pick<AutomationDeps, 'listPolicies'> & { readonly guards: AutomationGuards },
): AutomationWishes {
  const { namespace } = nameOf(resource);
  const all = deps.listPolicies(namespace);
  const annotations = resource.metadata.annotations ?? {};
  const lastPush = isDirect ? lastPushOf(resource.status, memory) : undefined;
  const selected = all.filter(({ metadata }) => matchesSelector(metadata.labels ?? {}, resource.spec.policySelector));
  const { guards } = deps;
  const groups = groupPolicies(selected, isWritable);
  return {
    namespace,
    policies: selected.filter(isWritable),
    groups,
    guards,
    deliveryOf: (policy) => {
      const asks = (one: NamespacedName) => guards.deliveryOf(one) === 'PullRequest';
      return annotations[pullRequestAnnotation] === 'true' || someInGroup(policy, groups, asks) ? 'PullRequest' : 'Push';
    },
    known: new Set(all.map(keyOf)),
    lastPush,
    knownHolds: memory.holds,
    ignoreHolds: annotations[onRevertAnnotation] === 'rebump',
    isReleased: (hold) => isReleasedBy(annotations[releaseAnnotation], hold, lastPush?.commit),
  };
}

/** A suspended policy is not written: whoever suspends it wants nothing of it to move. */
function isWritable(policy: ImagePolicy): boolean {
  return (
    policy.status?.latestRef !== undefined && policy.spec.suspend !== true && policy.metadata.deletionTimestamp === undefined
  );
}
