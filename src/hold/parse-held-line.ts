import type { NamespacedName, ObjectIdentity } from '../core/index.ts';

/** What the sentence about a hold says, as far as it was not cut. */
export interface HeldLine {
  readonly policy: NamespacedName;
  readonly file: string;
  readonly object: Pick<ObjectIdentity, 'kind' | 'namespace' | 'name'>;
  readonly path: string;
  readonly value: string;
  /** What took its place; null where the sentence does not say. */
  readonly current: string | null;
  /** The commit, abbreviated, that took the version back; null where history was rewritten. */
  readonly by: { readonly commit: string; readonly author: string; readonly subject: string } | null;
  readonly because: string;
}

/** Reads a sentence that `describeHold` wrote, a line of the condition `Held`; null for any other text. */
export function parseHeldLine(line: string): HeldLine | null {
  const tail = /; a newer tag goes on by itself; `tagalong release (\S+) -n (\S+)` lands this one$/.exec(line);
  const head = /^(\S+) is held at /.exec(line);
  if (tail === null || head === null) return null;
  const [, name = '', namespace = ''] = tail;
  const [, value = ''] = head;
  const middle = line.slice(head[0].length, tail.index);
  const separator = `; policy ${namespace}/${name}): `;
  const at = middle.indexOf(separator);
  if (at < 0) return null;
  const because = middle.slice(at + separator.length);
  return { policy: { namespace, name }, ...parsePlace(middle.slice(0, at)), value, ...parseReason(because, value), because };
}

function parsePlace(text: string): Pick<HeldLine, 'file' | 'object' | 'path'> {
  const open = text.lastIndexOf(' (');
  const [file, inside] = [text.slice(0, open), text.slice(open + 2)];
  const [, kind = '', qualified = '', path] = /^(\S+) (\S+), (.*)$/.exec(inside) ?? [];
  const slash = qualified.indexOf('/');
  const object = { kind, namespace: qualified.slice(0, Math.max(slash, 0)), name: qualified.slice(slash + 1) };
  return { file, object, path: path ?? inside };
}

function parseReason(because: string, value: string): Pick<HeldLine, 'current' | 'by'> {
  const phrase = ` changed it from ${value} to `;
  const at = because.indexOf(phrase);
  const [, current, commit, subject] =
    /^(.*?) in ([0-9a-f]{7,64}) \((.*)\)$/.exec(at < 0 ? '' : because.slice(at + phrase.length)) ?? [];
  if (current !== undefined && commit !== undefined && subject !== undefined)
    return { current, by: { commit, author: because.slice(0, at), subject } };
  const [, who, head, title] = /^(.*) closed [a-z ]+[#!]\d+ unmerged, with ([0-9a-f]{7,64}) \((.*)\)$/.exec(because) ?? [];
  if (who !== undefined && head !== undefined && title !== undefined)
    return { current: null, by: { commit: head, author: who, subject: title } };
  return { current: / is no longer in it, and (\S+) is back$/.exec(because)?.[1] ?? null, by: null };
}
