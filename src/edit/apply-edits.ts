import type { Edit } from '../core/index.ts';
import { EditError } from './error.ts';
import { scalarValue } from './find-markers.ts';
import { type ParsedText, parseText } from './parse-text.ts';
import { renderScalar } from './render-scalar.ts';
import { verifyEdits } from './verify-edits.ts';
import { type PlacedScalar, walkScalars } from './walk-scalars.ts';

/** One stretch of the text that becomes another. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly source: string;
  /** The value the new source has to read as. */
  readonly value: string;
}

/**
 * The text of one file with its edits made; every other character stays. Values keep their quotes, blocks their header and
 * indentation.
 * @throws EditError STALE_EDIT when a value is no longer where and what the edit was planned on; BROKEN_EDIT when the result
 * would not read as the old text with exactly these values changed.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text;
  const before = parseForEdit(text, edits);
  const splices = planSplices(text, before, edits);
  const after = spliceText(text, splices);
  verifyEdits(fileOf(edits), before, after, splices);
  return after;
}

function fileOf(edits: readonly Edit[]): string {
  return edits[0]?.marker.file ?? '';
}

function parseForEdit(text: string, edits: readonly Edit[]): ParsedText {
  const parsed = parseText(text);
  if (parsed.kind === 'parsed') return parsed;
  throw new EditError(
    'STALE_EDIT',
    `editing ${fileOf(edits)}: the file no longer parses (${parsed.message}); read it and plan again`,
  );
}

function planSplices(text: string, parsed: ParsedText, edits: readonly Edit[]): Splice[] {
  const scalars = new Map<number, PlacedScalar>();
  for (const [index, document] of parsed.documents.entries()) {
    for (const placed of walkScalars(document.contents, index)) scalars.set(placed.scalar.range?.[0] ?? -1, placed);
  }
  const splices = edits.map((edit) => planSplice(text, scalars.get(edit.marker.start), edit));
  return splices.toSorted((a, b) => a.start - b.start);
}

function planSplice(text: string, placed: PlacedScalar | undefined, { marker, before, after }: Edit): Splice {
  const { start, end } = marker;
  if (!placed || placed.scalar.range?.[1] !== end || scalarValue(placed) !== before) {
    const message = `editing ${marker.file}:${marker.line}: ${JSON.stringify(before)} no longer stands there; read the file and plan again`;
    throw new EditError('STALE_EDIT', message);
  }
  return { start, end, source: renderScalar(placed.scalar, text.slice(start, end), after), value: after };
}

function spliceText(text: string, splices: readonly Splice[]): string {
  let result = '';
  let done = 0;
  for (const { start, end, source } of splices) {
    if (start < done)
      throw new EditError('BROKEN_EDIT', `two edits of one value at offset ${start}; plan them as one`, { retry: 'never' });
    result += text.slice(done, start) + source;
    done = end;
  }
  return result + text.slice(done);
}
