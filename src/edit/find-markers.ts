import type { FileProblem, Marker } from '../core/index.ts';
import { scalarText } from './node-text.ts';
import { looksLikeMarker, parseMarker } from './parse-marker.ts';
import { type ParsedText, parseText } from './parse-text.ts';
import { commentOf, isBlock, type ScalarComment } from './scalar-comment.ts';
import { createSealCheck, type SealCheck } from './sops-seal.ts';
import { type PlacedScalar, walkScalars } from './walk-scalars.ts';

export interface FoundMarkers {
  /** In the order of the text. */
  readonly markers: readonly Marker[];
  /** Markers that have no effect, with the reason; or the one error of a file that does not parse. */
  readonly problems: readonly FileProblem[];
}

/** Tags that force another type than text upon a value. */
const typedTag = /^tag:yaml\.org,2002:(int|float|bool|null|binary|timestamp)$/;

/** Every marker of a file. Never throws; a file that does not parse has one problem and no markers. */
export function findMarkers(file: string, text: string): FoundMarkers {
  const parsed = parseText(text);
  if (parsed.kind === 'unparsable') {
    return { markers: [], problems: [{ file, ...parsed.position, message: `not valid YAML: ${parsed.message}` }] };
  }
  const search: Search = {
    ...{ file, text, parsed, sealOf: createSealCheck(parsed.documents) },
    ...{ markers: [], problems: [], spent: new Set() },
  };
  for (const [index, document] of parsed.documents.entries()) {
    for (const placed of walkScalars(document.contents, index)) lookAt(placed, search);
  }
  reportUnattached(search);
  const problems = search.problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  return { markers: search.markers, problems };
}

interface Search {
  readonly file: string;
  readonly text: string;
  readonly parsed: ParsedText;
  readonly sealOf: SealCheck;
  readonly markers: Marker[];
  readonly problems: FileProblem[];
  /** Comments that were examined at a scalar. */
  readonly spent: Set<number>;
}

function lookAt(placed: PlacedScalar, search: Search): void {
  const comment = commentOf(placed, { text: search.text, comments: search.parsed.comments });
  if (comment === null) return;
  const source = search.parsed.comments.get(comment.offset) ?? '';
  const found = parseMarker(source);
  if (found.kind === 'other') return;
  search.spent.add(comment.offset);
  if (found.kind === 'marker') addMarker(placed, comment, found, search);
  else if (comment.place === 'trailing' || looksLikeMarker(source)) report(search, comment.offset, found.message);
}

function addMarker(
  placed: PlacedScalar,
  comment: ScalarComment,
  { policy, part }: Pick<Marker, 'policy' | 'part'>,
  search: Search,
): void {
  const { scalar, document, object, path } = placed;
  const obstacle = describeObstacle(placed) ?? search.sealOf(placed);
  if (obstacle !== null) return report(search, comment.offset, obstacle);
  const [start, end] = scalar.range ?? [0, 0];
  const value = scalarValue(placed);
  const position = search.parsed.positionOf(start);
  search.markers.push({ file: search.file, ...position, start, end, value, policy, part, document, object, path });
}

/** Why a value cannot be written although it has a marker. */
function describeObstacle({ scalar }: PlacedScalar): string | null {
  const type = typedTag.exec(scalar.tag ?? '')?.[1];
  if (type) return `marker on a value tagged !!${type}, which cannot hold an image; remove the tag`;
  if (isBlock(scalar) && (scalarText(scalar) ?? '').trim() === '') return 'marker on an empty block; write "" instead';
  return null;
}

/** As text, and without the line break that ends a block scalar: `image: |` followed by a line reads as that line. */
export function scalarValue({ scalar }: Pick<PlacedScalar, 'scalar'>): string {
  const text = scalarText(scalar) ?? '';
  return isBlock(scalar) ? text.replace(/\n+$/, '') : text;
}

/** Markers that stand where they do nothing would otherwise be ignored in silence for years. */
function reportUnattached(search: Search): void {
  for (const [offset, comment] of search.parsed.comments) {
    if (search.spent.has(offset) || !looksLikeMarker(comment)) continue;
    const found = parseMarker(comment);
    if (found.kind === 'broken') report(search, offset, found.message);
    if (found.kind === 'marker') report(search, offset, unattached);
  }
}

const unattached =
  'marker has no effect here: put it behind the value it sets, on the same line, or alone on the line above an item of a list';

function report(search: Search, offset: number, message: string): void {
  search.problems.push({ file: search.file, ...search.parsed.positionOf(offset), message });
}
