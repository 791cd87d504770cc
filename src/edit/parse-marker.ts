import type { MarkerPart, NamespacedName } from '../core/index.ts';

export type MarkerComment =
  | { readonly kind: 'marker'; readonly policy: NamespacedName; readonly part: MarkerPart }
  /** A comment that does not speak of `$imagepolicy`. */
  | { readonly kind: 'other' }
  /** It was meant as a marker and is none; `message` says why. */
  | { readonly kind: 'broken'; readonly message: string };

const namePattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const parts: ReadonlyMap<string | undefined, MarkerPart> = new Map([
  [undefined, 'image'],
  ['tag', 'tag'],
  ['name', 'name'],
  ['digest', 'digest'],
]);

/**
 * Reads one comment, with its `#`. A marker is a comment that is nothing but one JSON object of text members, of which
 * `$imagepolicy` says `namespace:name`, `namespace:name:tag`, `:name` or `:digest`.
 */
export function parseMarker(comment: string): MarkerComment {
  if (!comment.includes('$imagepolicy')) return { kind: 'other' };
  const text = comment.replace(/^#+/, '').trim();
  const members = parseTextMembers(text);
  if (members === null) return { kind: 'broken', message: describeBroken(text) };
  const setter = members['$imagepolicy'];
  if (!setter) return { kind: 'other' };
  return parseSetter(setter);
}

/** Whether a comment that stands where no marker can stand was meant as one (and is not a commented-out line of YAML). */
export function looksLikeMarker(comment: string): boolean {
  return /^#+\s*['"`]?\{/.test(comment) && comment.includes('$imagepolicy');
}

function parseSetter(setter: string): MarkerComment {
  const [namespace = '', name, suffix, ...rest] = setter.split(':');
  const part = parts.get(suffix);
  if (name === undefined || rest.length > 0 || !namePattern.test(namespace) || !namePattern.test(name)) {
    return {
      kind: 'broken',
      message: `marker names ${quote(setter)}; write "<namespace>:<policy>", with :tag, :name or :digest where wanted`,
    };
  }
  if (part === undefined) {
    return { kind: 'broken', message: `marker ends in ${quote(`:${suffix}`)}; only :tag, :name and :digest exist` };
  }
  return { kind: 'marker', policy: { namespace, name }, part };
}

/** An object of text members, or null. A null member counts as empty text, as it does where this grammar comes from. */
function parseTextMembers(json: string): Record<string, string> | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const members = Object.entries(value).map(([key, member]) => [key, member ?? ''] as const);
  return members.every(([, member]) => typeof member === 'string') ? Object.fromEntries(members) : null;
}

function describeBroken(text: string): string {
  if (!text.startsWith('{')) return `marker must be the whole comment: nothing may stand before its "{"`;
  if (!text.endsWith('}')) return `marker must be the whole comment: nothing may stand behind its "}"`;
  return 'marker is not one JSON object of text members in double quotes: {"$imagepolicy": "<namespace>:<policy>"}';
}

/** Text of others in a message: bounded, one line, in quotes. */
function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
