import type { MarkerPart, NamespacedName } from '../core/index.ts';
import { EditError } from './error.ts';
import type { ImageField } from './find-images.ts';
import { findMarkers } from './find-markers.ts';
import { placeForMarker } from './marker-place.ts';
import { type ParsedText, parseText } from './parse-text.ts';
import { traceNodes } from './verify-edits.ts';
import { walkScalars } from './walk-scalars.ts';

/** A value that gets a marker. */
export interface MarkerAddition {
  readonly field: Pick<ImageField, 'file' | 'line' | 'start' | 'part' | 'value'>;
  readonly policy: NamespacedName;
}

/** `# {"$imagepolicy": "apps:web:tag"}`. */
export function formatMarker({ namespace, name }: NamespacedName, part: MarkerPart): string {
  return `# {"$imagepolicy": "${namespace}:${name}${part === 'image' ? '' : `:${part}`}"}`;
}

/**
 * The text of one file with a marker behind each of these values; every other byte stays, and it reads as before.
 * @throws EditError STALE_EDIT when the text is not the one that the values were found in; BROKEN_EDIT when the result would not read
 * as the old text with exactly these markers.
 */
export function addMarkers(text: string, additions: readonly MarkerAddition[]): string {
  const [first] = additions;
  if (first === undefined) return text;
  const { file } = first.field;
  const parsed = parseOrThrow(file, text);
  const splices = planComments(text, parsed, additions).toSorted((a, b) => b.at - a.at);
  const after = splices.reduce((rest, { at, comment }) => `${rest.slice(0, at)} ${comment}${rest.slice(at)}`, text);
  verify(file, text, parsed, after, additions);
  return after;
}

function parseOrThrow(file: string, text: string): ParsedText {
  const parsed = parseText(text);
  if (parsed.kind === 'parsed') return parsed;
  throw new EditError('STALE_EDIT', `marking ${file}: the file no longer parses (${parsed.message}); read it again`);
}

function planComments(text: string, parsed: ParsedText, additions: readonly MarkerAddition[]): { at: number; comment: string }[] {
  const scalars = new Map(
    parsed.documents
      .flatMap((document, index) => [...walkScalars(document.contents, index)])
      .map((placed) => [placed.scalar.range?.[0] ?? -1, placed] as const),
  );
  return additions.map(({ field, policy }) => {
    const placed = scalars.get(field.start);
    const end = placed?.scalar.range?.[1] ?? field.start;
    const at = placed === undefined ? null : placeForMarker(placed, { text, start: field.start, end });
    if (at !== null) return { at, comment: formatMarker(policy, field.part) };
    throw new EditError(
      'STALE_EDIT',
      `marking ${field.file}:${field.line}: ${JSON.stringify(field.value)} cannot have a marker there`,
    );
  });
}

function verify(file: string, text: string, before: ParsedText, after: string, additions: readonly MarkerAddition[]): void {
  const parsed = parseText(after);
  const reads = (from: ParsedText) => JSON.stringify(traceNodes(from).map(({ start: _, ...node }) => node));
  const wanted = [
    ...findMarkers(file, text).markers.map((marker) => describe(marker.policy, marker.part, marker.value)),
    ...additions.map(({ field, policy }) => describe(policy, field.part, field.value)),
  ];
  const found = findMarkers(file, after).markers.map((marker) => describe(marker.policy, marker.part, marker.value));
  const isSame = parsed.kind === 'parsed' && reads(before) === reads(parsed);
  if (isSame && wanted.toSorted().join('\n') === found.toSorted().join('\n')) return;
  const message = `marking ${file}: with the markers it would not read as before; the file is left as it is, mark it by hand`;
  throw new EditError('BROKEN_EDIT', message, { retry: 'never' });
}

function describe(policy: NamespacedName, part: MarkerPart, value: string): string {
  return JSON.stringify([formatMarker(policy, part), value]);
}
