import type { Marker, NamespacedName } from '../core/index.ts';

/** What the sentence about a bump that waits for history says, as far as it was not cut. */
export interface UnreadableLine {
  readonly policy: NamespacedName;
  readonly because: string;
}

const end = /; `tagalong release (\S+) -n (\S+)` lands it all the same$/;

/** One bump that waits because nobody can say whether it was taken back: a line of the condition `Guarded`. */
export function describeUnreadable({ file, line, policy }: Pick<Marker, 'file' | 'line' | 'policy'>, because: string): string {
  const text = because.replaceAll(/\s+/g, ' ');
  return `${file}:${line}: ${text}; \`tagalong release ${policy.name} -n ${policy.namespace}\` lands it all the same`;
}

/** Reads a sentence that `describeUnreadable` wrote; null for any other text. */
export function parseUnreadableLine(line: string): UnreadableLine | null {
  const found = end.exec(line);
  if (found === null) return null;
  const [, name = '', namespace = ''] = found;
  return { policy: { namespace, name }, because: line.slice(0, found.index) };
}
