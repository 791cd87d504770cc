import { isBlock } from './scalar-comment.ts';
import type { PlacedScalar } from './walk-scalars.ts';

interface Source {
  readonly text: string;
  readonly comments: ReadonlyMap<number, string>;
  readonly start: number;
  readonly end: number;
}

/** Where a comment goes that is to speak for a value: behind it, or behind the header of a block. Null where something else stands there. */
export function placeForMarker(
  placed: Pick<PlacedScalar, 'scalar' | 'inFlow'>,
  { text, start, end }: Omit<Source, 'comments'>,
): number | null {
  const gap = isBlock(placed.scalar) ? /[^\n#\r]*/y : placed.inFlow ? /[ \t]*,?[ \t]*/y : /[ \t]*/y;
  gap.lastIndex = isBlock(placed.scalar) ? start : end;
  const from = gap.lastIndex;
  const skipped = gap.exec(text)?.[0] ?? '';
  const behind = from + skipped.length;
  const isEnd = behind === text.length || /[\r\n]/.test(text.charAt(behind));
  return isEnd ? from + skipped.trimEnd().length : null;
}

/** Why a value cannot have a marker where it stands; null where it can. */
export function describeNoPlace(placed: PlacedScalar, source: Source): string | null {
  const { text, comments, start, end } = source;
  if (start === end) return 'there is no value yet';
  if (/^tag:yaml\.org,2002:(int|float|bool|null|binary|timestamp)$/.test(placed.scalar.tag ?? '')) return 'its tag forbids text';
  if (placeForMarker(placed, source) !== null) return null;
  const line = text.slice(isBlock(placed.scalar) ? start : end).split(/\r?\n/, 1)[0] ?? '';
  const hasComment = [...comments.keys()].some(
    (offset) => offset >= (isBlock(placed.scalar) ? start : end) && offset < (isBlock(placed.scalar) ? start : end) + line.length,
  );
  return hasComment
    ? 'it has a comment behind it, and a marker must be the whole comment; move that to the line above'
    : 'something stands behind it on its line; break the line there';
}
