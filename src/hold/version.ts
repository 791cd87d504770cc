import type { Marker, MarkerPart } from '../core/index.ts';

/** What a marker carried at some time. */
export interface Version {
  /** The scalar's value: a unit's identity in history. */
  readonly value: string;
  /** The tag it stands for, if that can be known: parts without a tag borrow it from their neighbour in the same object. */
  readonly tag: string | null;
}

/** `-1 0 1` as the policy orders two tags, or `unordered` where it cannot say. */
export type OrderTags = (a: string, b: string) => number | 'unordered';

interface ImageParts {
  readonly name?: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** The tag in a rendered value, or null: names and digests carry none. */
export function tagOf(part: MarkerPart, value: string): string | null {
  return splitValue(part, value).tag ?? null;
}

/** The version at `marker`; `markers` are all of its file. */
export function versionOf(marker: Marker, markers: readonly Marker[]): Version {
  return { value: marker.value, tag: tagOf(marker.part, marker.value) ?? neighbourTag(marker, markers) };
}

/**
 * What a marker of another part said, in the words of `part`: after `image: name:tag` was split into a name and a tag, the old
 * text still tells which tag it was. Null where it does not say enough.
 */
export function versionAs(part: MarkerPart, marker: Marker, markers: readonly Marker[]): Version | null {
  if (marker.part === part) return versionOf(marker, markers);
  const group = markers.filter((other) => isNeighbour(marker, other));
  const parts: ImageParts = Object.assign({}, ...group.map((other) => splitValue(other.part, other.value)));
  const value = render(part, parts);
  return value === null ? null : { value, tag: parts.tag ?? null };
}

/** Compares by the policy; `unordered` where one has no tag, or where both have the same tag and still differ. */
export function orderVersions(a: Version, b: Version, orderTags: OrderTags): number | 'unordered' {
  if (a.tag === null || b.tag === null || a.tag === b.tag) return 'unordered';
  const order = orderTags(a.tag, b.tag);
  return order === 0 ? 'unordered' : order;
}

function splitValue(part: MarkerPart, value: string): ImageParts {
  if (part !== 'image') return value === '' ? {} : { [part]: value };
  const [reference = '', digest] = value.split('@', 2);
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  return {
    name: colon < 0 ? reference : reference.slice(0, colon),
    ...(colon < 0 || colon === reference.length - 1 ? {} : { tag: reference.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function render(part: MarkerPart, { name, tag, digest }: ImageParts): string | null {
  if (part === 'name') return name ?? null;
  if (part === 'tag') return tag ?? null;
  if (part === 'digest') return digest ?? null;
  if (name === undefined || tag === undefined) return null;
  return digest === undefined ? `${name}:${tag}` : `${name}:${tag}@${digest}`;
}

function neighbourTag(marker: Marker, markers: readonly Marker[]): string | null {
  const tags = new Set<string>();
  for (const other of markers) {
    const tag = isNeighbour(marker, other) ? tagOf(other.part, other.value) : null;
    if (tag !== null) tags.add(tag);
  }
  const [only = null] = tags.size === 1 ? tags : [];
  return only;
}

function isNeighbour(a: Marker, b: Marker): boolean {
  return samePolicy(a, b) && a.document === b.document && a.object.kind === b.object.kind && a.object.name === b.object.name;
}

export function samePolicy(a: Pick<Marker, 'policy'>, b: Pick<Marker, 'policy'>): boolean {
  return a.policy.namespace === b.policy.namespace && a.policy.name === b.policy.name;
}
