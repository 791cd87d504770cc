import { formatKey, type Hold, type Oid } from '../core/index.ts';
import type { Transition } from './decide-hold.ts';

// Text of others: control and bidirectional characters never reach a terminal, a log or an event.
const unsafe = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const maxQuoted = 120;

/** `Ann changed it from 1.1.0 to 1.0.0 in 1a2b3c4 (Revert …)`. */
export function describeTakenBack({ commit, gained }: Transition, newValue: string): string {
  const subject = commit.message.split('\n', 1)[0] ?? '';
  const to = gained.map(({ value }) => value).join(', ');
  return `${quotable(commit.author.name)} changed it from ${newValue} to ${to} in ${commit.oid.slice(0, 7)} (${quotable(subject)})`;
}

/** One hold as a sentence: what is held where, who took it back in which commit, and how to let it go on. */
export function describeHold(hold: Hold): string {
  return `${quotable(hold.value)} is held at ${describePlace(hold)}: ${hold.because}; ${describeRelease(hold)}`;
}

/** One sentence per reverting commit, naming every unit it took back: the event about it. Holds without a commit come one by one. */
export function describeReverts(holds: readonly Hold[]): { readonly commit: Oid | null; readonly message: string }[] {
  const groups = Map.groupBy(holds, (hold) => hold.by?.commit ?? `${hold.file} ${hold.because}`);
  return [...groups.values()].map((group) => ({ commit: group[0]?.by?.commit ?? null, message: describeGroup(group) }));
}

/** `tagalong release web -n flux-system`, and what happens without it. */
export function describeRelease({ policy }: Pick<Hold, 'policy'>): string {
  return `a newer tag goes on by itself; \`tagalong release ${policy.name} -n ${policy.namespace}\` lands this one`;
}

function describeGroup(group: readonly Hold[]): string {
  const [first] = group;
  if (first === undefined || group.length === 1) return first ? describeHold(first) : '';
  const units = group.map((hold) => `${quotable(hold.value)} → ${quotable(hold.current)} at ${describePlace(hold)}`).join('; ');
  const policies = new Map(group.map((hold) => [formatKey(hold.policy), hold]));
  const who = first.by
    ? `${quotable(first.by.author.name)} took back ${group.length} values in ${first.by.commit.slice(0, 7)} (${quotable(first.by.subject)})`
    : `${group.length} values were taken back by rewriting the branch`;
  return `${who}, which stay so: ${units}; ${[...policies.values()].map(describeRelease).join('; ')}`;
}

function describePlace({ file, object, path, policy }: Hold): string {
  const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
  const where = object.kind === '' ? quotable(path) : `${quotable(object.kind)} ${quotable(name)}, ${quotable(path)}`;
  return `${quotable(file)} (${where}; policy ${formatKey(policy)})`;
}

function quotable(text: string): string {
  const clean = text.replace(unsafe, '');
  return clean.length > maxQuoted ? `${clean.slice(0, maxQuoted)}…` : clean;
}
