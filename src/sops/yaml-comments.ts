import type { CST, LineCounter } from 'yaml';
import type { OpenItems } from './read-yaml.ts';
import type { Comment } from './tree.ts';

/** Where an entry of a block collection stands. */
export interface Slot {
  readonly offset: number;
  /** Of the collection: its keys, or its dashes. */
  readonly column: number;
  readonly items: OpenItems;
  /** In `items`, before any comment came in. */
  readonly index: number;
  readonly holdsCollection: boolean;
  /** The entry whose value its collection is. */
  readonly parent: Slot | null;
}

interface FoundComment {
  readonly offset: number;
  readonly column: number;
  /** Without the `#`. */
  readonly text: string;
  /** What stands before it in its line: nothing, a dash whose item begins below, or a value. */
  readonly after: 'nothing' | 'dash' | 'value';
}

/** Every comment of a file in order. */
export function findComments(tokens: readonly CST.Token[], text: string, lines: LineCounter): FoundComment[] {
  const found: FoundComment[] = [];
  const waiting: unknown[] = [tokens];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next);
    else if (typeof next === 'object' && next !== null) {
      const { type, offset, source } = next as Partial<CST.SourceToken>;
      if (type === 'comment' && offset !== undefined && source !== undefined) found.push(describe(offset, source, text, lines));
      for (const [part, inner] of Object.entries(next)) if (parts.has(part) && inner) waiting.push(inner);
    }
  }
  return found.toSorted((a, b) => a.offset - b.offset);
}

const parts = new Set(['start', 'key', 'sep', 'value', 'items', 'end', 'props']);

function describe(offset: number, source: string, text: string, lines: LineCounter): FoundComment {
  const { col } = lines.linePos(offset);
  const before = text.slice(offset - col + 1, offset);
  return {
    offset,
    column: col,
    text: source.trimEnd().slice(1),
    after: /\S/.test(before) ? (/[^\s-]/.test(before) ? 'value' : 'dash') : 'nothing',
  };
}

/** Puts every comment before the entry that it speaks of, or behind the last entry of its collection, as sops keeps them. */
export function placeComments(comments: readonly FoundComment[], slots: readonly Slot[]): void {
  const placed = comments.map((comment) => ({ comment, place: placeOf(comment, slots) }));
  // From the end, so that no place moves before it is used.
  for (const { comment, place } of placed.toReversed()) {
    if (place === null) continue;
    const entry: Comment = { kind: 'comment', text: comment.text, inline: place.inline };
    place.items.splice(place.index, 0, entry);
  }
}

interface Place {
  readonly items: OpenItems;
  readonly index: number;
  readonly inline: boolean;
}

function placeOf(comment: FoundComment, slots: readonly Slot[]): Place | null {
  if (comment.after === 'nothing') return placeAlone(comment, slots);
  const next = slots[countBefore(comment, slots)];
  return comment.after === 'dash' && next !== undefined ? before(next) : placeInline(comment, slots);
}

function placeInline(comment: FoundComment, slots: readonly Slot[]): Place | null {
  const slot = slots[countBefore(comment, slots) - 1];
  return slot === undefined ? null : { ...before(slot), inline: !slot.holdsCollection };
}

function placeAlone(comment: FoundComment, slots: readonly Slot[]): Place | null {
  const count = countBefore(comment, slots);
  const next = slots[count];
  if (next !== undefined && next.column === comment.column) return before(next);
  const open = openAt(slots[count - 1] ?? null);
  const level = open.find(({ column }) => column === comment.column) ?? open.find(({ column }) => column < comment.column);
  if (level !== undefined && (next === undefined || level.column > next.column)) return behind(level);
  if (next !== undefined) return before(next);
  const outermost = open.at(-1);
  return outermost === undefined ? null : behind(outermost);
}

/** How many entries start before a comment; slots are in the order of the text. */
function countBefore({ offset }: FoundComment, slots: readonly Slot[]): number {
  let low = 0;
  let high = slots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((slots[middle]?.offset ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The entry that was read last in each collection that is open after it, the innermost first. */
function openAt(slot: Slot | null): Slot[] {
  const open: Slot[] = [];
  for (let one = slot; one !== null; one = one.parent) open.push(one);
  return open;
}

function before({ items, index }: Slot): Place {
  return { items, index, inline: false };
}

function behind({ items, index }: Slot): Place {
  return { items, index: index + 1, inline: false };
}
