import { groupAnnotation, type ImagePolicy } from '../api/index.ts';
import { type Edit, formatKey, keyOf, type NamespacedName, parseKey } from '../core/index.ts';
import type { Verdict } from './automation-look.ts';

/** Which policies land together (`tagalong.dev/group`), and why a group cannot land now although nothing was looked at yet. */
export interface PolicyGroups {
  /** Group by policy key. */
  readonly of: ReadonlyMap<string, string>;
  /** By group: a member that is suspended, or has no answer. */
  readonly blocked: ReadonlyMap<string, string>;
}

/** Whether a policy, or any other of its group, answers so. */
export function someInGroup(policy: NamespacedName, { of }: PolicyGroups, test: (policy: NamespacedName) => boolean): boolean {
  const group = of.get(formatKey(policy));
  if (group === undefined) return test(policy);
  return [...of].some(([key, other]) => other === group && test(parseKey(key)));
}

/** `selected` are all policies that the automation takes, writable or not. */
export function groupPolicies(selected: readonly ImagePolicy[], isWritable: (policy: ImagePolicy) => boolean): PolicyGroups {
  const of = new Map<string, string>();
  const blocked = new Map<string, string>();
  for (const policy of selected) {
    const group = policy.metadata.annotations?.[groupAnnotation];
    if (group === undefined || group === '') continue;
    of.set(keyOf(policy), group);
    if (isWritable(policy)) continue;
    const because = policy.spec.suspend === true ? 'is suspended' : 'has no answer yet';
    blocked.set(group, `ImagePolicy ${policy.metadata.name} ${because}`);
  }
  return { of, blocked };
}

/**
 * The verdicts with every write of a group turned into a wait, where one member of that group may not land. `withheld` are edits that wait
 * already, because of others in their document.
 */
export function withholdGroups(verdicts: readonly Verdict[], withheld: readonly Edit[], groups: PolicyGroups): Verdict[] {
  if (groups.of.size === 0) return [...verdicts];
  const groupOf = ({ marker }: Pick<Verdict, 'marker'>) => groups.of.get(formatKey(marker.policy));
  const blocked = new Map(groups.blocked);
  for (const edit of withheld) block(blocked, groupOf(edit), `${formatKey(edit.marker.policy)} waits in ${edit.marker.file}`);
  for (const verdict of verdicts) {
    if (verdict.kind !== 'write')
      block(blocked, groupOf(verdict), `ImagePolicy ${verdict.marker.policy.name} ${reasons[verdict.kind]}`);
  }
  return verdicts.map((verdict) => {
    const group = groupOf(verdict);
    const because = group === undefined ? undefined : blocked.get(group);
    if (verdict.kind !== 'write' || because === undefined) return verdict;
    const { marker, edit } = verdict;
    return {
      kind: 'grouped',
      marker,
      edit,
      because: `${edit.after} waits for its group '${group}', which lands as one: ${because}`,
    };
  });
}

function block(blocked: Map<string, string>, group: string | undefined, because: string): void {
  if (group !== undefined && !blocked.has(group)) blocked.set(group, because);
}

const reasons: Readonly<Record<Exclude<Verdict['kind'], 'write'>, string>> = {
  guarded: 'waits for a guard',
  held: 'is held',
  refused: 'would go back',
  unreadable: 'waits for history that cannot be read',
  grouped: 'waits for another group',
};
