import {
  type ImagePolicy,
  type ImageUpdateAutomation,
  matchesSelector,
  onRevertAnnotation,
  releaseAnnotation,
} from '../api/index.ts';
import { type Hold, keyOf, nameOf } from '../core/index.ts';
import { isReleasedBy, type LastPush } from '../hold/index.ts';
import type { AutomationDeps } from './automation-deps.ts';
import { type AutomationMemory, lastPushOf } from './automation-memory.ts';

/** What may be written, and what is known of it beforehand. */
export interface AutomationWishes {
  readonly namespace: string;
  /** Policies that the selector takes, that have an answer and are not suspended. */
  readonly policies: readonly ImagePolicy[];
  /** Keys of all policies of the namespace. */
  readonly known: ReadonlySet<string>;
  readonly lastPush: LastPush | undefined;
  readonly knownHolds: readonly Hold[];
  /** `tagalong.dev/on-revert: rebump`. */
  readonly ignoreHolds: boolean;
  /** Whether a person released this hold; `by` is null also where history cannot be read. */
  isReleased(hold: Pick<Hold, 'policy' | 'by'>): boolean;
}

/** Read from the automation, what it remembers, and the policies as the API last told. */
export function wishesOf(resource: ImageUpdateAutomation, memory: AutomationMemory, deps: AutomationDeps): AutomationWishes {
  const { namespace } = nameOf(resource);
  const all = deps.listPolicies(namespace);
  const annotations = resource.metadata.annotations ?? {};
  const lastPush = lastPushOf(resource.status, memory);
  return {
    namespace,
    policies: all.filter(
      (policy) => isWritable(policy) && matchesSelector(policy.metadata.labels ?? {}, resource.spec.policySelector),
    ),
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
