/**
 * A document as sops sees it: ordered, with comments, and with the types that sops tells apart. Integers are bigints and floating-point
 * numbers are numbers, so that `5` and `5.0`, and integers of 64 bits, stay what they are.
 */
export type TreeValue = Branch | List | Leaf | null;

export type Leaf = string | boolean | bigint | number | Time | RawText | Bytes;

export interface Branch {
  readonly kind: 'branch';
  readonly entries: readonly (Entry | Comment)[];
}

export interface Entry {
  readonly kind: 'entry';
  readonly key: string;
  readonly value: TreeValue;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly (TreeValue | Comment)[];
}

/** Without its `#`. */
export interface Comment {
  readonly kind: 'comment';
  readonly text: string;
  /** Whether it stands behind the value that follows it here. */
  readonly inline: boolean;
}

/** RFC 3339, as Go prints it. */
export interface Time {
  readonly kind: 'time';
  readonly text: string;
}

/** A text that is not UTF-8. */
export interface RawText {
  readonly kind: 'raw text';
  readonly bytes: Buffer;
}

/** What old versions of sops stored as bytes rather than text. */
export interface Bytes {
  readonly kind: 'bytes';
  readonly bytes: Buffer;
}

export function branchOf(entries: readonly (Entry | Comment)[]): Branch {
  return { kind: 'branch', entries };
}

export function entryOf(key: string, value: TreeValue): Entry {
  return { kind: 'entry', key, value };
}

export function isCollection(value: TreeValue | Comment): value is Branch | List {
  return typeof value === 'object' && value !== null && (value.kind === 'branch' || value.kind === 'list');
}

export function isComment(value: TreeValue | Comment | Entry): value is Comment {
  return typeof value === 'object' && value !== null && value.kind === 'comment';
}

/** The bytes as text where they are UTF-8, else as they are. */
export function textOf(bytes: Buffer): string | RawText {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: 'raw text', bytes };
  }
}

/** A value without comments, for reading metadata: numbers as such, everything else as text. */
export function plainValueOf(value: TreeValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  switch (value.kind) {
    case 'branch':
      return Object.fromEntries(
        value.entries.filter((entry) => entry.kind === 'entry').map(({ key, value: inner }) => [key, plainValueOf(inner)]),
      );
    case 'list':
      return value.items.filter((item) => !isComment(item)).map((item) => plainValueOf(item as TreeValue));
    case 'time':
      return value.text;
    default:
      return value.bytes.toString('latin1');
  }
}
