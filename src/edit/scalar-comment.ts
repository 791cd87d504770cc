import type { Scalar } from 'yaml';
import type { PlacedScalar } from './walk-scalars.ts';

/** The comment that speaks for a scalar. */
export interface ScalarComment {
  /** Of its `#`. */
  readonly offset: number;
  /** trailing: on the line of the value. above: alone on the line (or lines) before it. */
  readonly place: 'trailing' | 'above';
}

interface CommentedText {
  readonly text: string;
  readonly comments: ReadonlyMap<number, string>;
}

/**
 * The one comment that can be a scalar's marker: the one behind it on its line, else the one alone above it. Comments above
 * are one only together; two lines of them are no marker. Null for a value that is not written at all.
 */
export function commentOf(placed: PlacedScalar, source: CommentedText): ScalarComment | null {
  const [start, end] = placed.scalar.range ?? [0, 0];
  if (start === end) return null;
  const trailing = trailingComment(placed, start, end, source);
  if (trailing !== null) return { offset: trailing, place: 'trailing' };
  const above = commentsAbove(start, source);
  return above.length === 1 && above[0] !== undefined ? { offset: above[0], place: 'above' } : null;
}

function trailingComment({ scalar, inFlow }: PlacedScalar, start: number, end: number, source: CommentedText): number | null {
  if (isBlock(scalar)) return commentAt(start, /[^\n#]*/y, source);
  const behind = commentAt(end, inFlow ? /[ \t]*,?[ \t]*/y : /[ \t]*/y, source);
  return behind ?? (scalar.anchor || scalar.tag ? commentBehindProperties(start, source) : null);
}

export function isBlock(scalar: Scalar): boolean {
  return scalar.type === 'BLOCK_LITERAL' || scalar.type === 'BLOCK_FOLDED';
}

/** The comment that begins where `gap` ends, if there is one. */
function commentAt(offset: number, gap: RegExp, { text, comments }: CommentedText): number | null {
  gap.lastIndex = offset;
  gap.exec(text);
  const found = gap.lastIndex;
  return comments.has(found) ? found : null;
}

/** `key: &anchor # comment` with the value on a following line. */
function commentBehindProperties(start: number, source: CommentedText): number | null {
  const line = previousLine(lineStart(source.text, start), source.text);
  const match = line && /(^|[ \t])[&!]\S*[ \t]+(?=#)/.exec(line.content);
  if (!line || !match) return null;
  const offset = line.start + match.index + match[0].length;
  return source.comments.has(offset) ? offset : null;
}

/** Offsets of the comments that belong to a scalar which begins its line (behind a list's `-`, if anything). */
function commentsAbove(start: number, source: CommentedText): number[] {
  const { text } = source;
  const itemStart = lineStart(text, start);
  const lead = text.slice(itemStart, start).replace(/^\uFEFF/, '');
  if (!/^[ \t]*(-[ \t]+)?([&!]\S*[ \t]+)*$/.test(lead)) return [];
  const groups = readGroupsAbove(itemStart, source, lead.includes('-'));
  return groups.flat();
}

/** Groups of comment lines above, split at blank lines; a group that is the foot of what stands before is left out. */
function readGroupsAbove(itemStart: number, source: CommentedText, dashSeen: boolean): number[][] {
  const groups: number[][] = [[]];
  let line = previousLine(itemStart, source.text);
  let dash = dashSeen;
  for (; line; line = previousLine(line.start, source.text)) {
    const comment = ownLineComment(line, source) ?? commentBehindDash(line, source);
    if (comment !== null) groups[0]?.unshift(comment);
    else if (line.content.trim() === '') groups.unshift([]);
    else if (dash || !loneDash.test(line.content)) break;
    if (loneDash.test(line.content)) {
      if (dash) return groups;
      dash = true;
    }
  }
  // Right below a value a comment is that value's foot; right below `key:` it can only speak for what follows.
  const footed = line !== null && !/:[ \t]*(#.*)?$/.test(line.content);
  return footed && groups.length > 1 ? groups.slice(1) : groups;
}

/** An item's dash whose value stands on a later line. */
const loneDash = /^[ \t]*-[ \t]*(#.*)?$/;

function commentBehindDash({ start, content }: Line, { comments }: CommentedText): number | null {
  const hash = start + content.indexOf('#');
  return loneDash.test(content) && comments.has(hash) ? hash : null;
}

interface Line {
  readonly start: number;
  readonly content: string;
}

function ownLineComment({ start, content }: Line, { comments }: CommentedText): number | null {
  const hash = start + content.length - content.replace(/^\uFEFF/, '').trimStart().length;
  return comments.has(hash) ? hash : null;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The line that ends right before `start`, or null at the top of the text. */
function previousLine(start: number, text: string): Line | null {
  if (start === 0) return null;
  const begin = start < 2 ? 0 : lineStart(text, start - 1);
  return { start: begin, content: text.slice(begin, start - 1).replace(/\r$/, '') };
}
