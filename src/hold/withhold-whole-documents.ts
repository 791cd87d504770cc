import { formatKey, type Marker } from '../core/index.ts';

/**
 * Splits edits into those that may land and those that may not: where one marker of a policy in a YAML document is stopped, none of
 * that policy's markers in that document is edited, so that a document never carries a tag and a digest of two versions.
 */
export function withholdWholeDocuments<Edit extends { readonly marker: Marker }>(
  edits: readonly Edit[],
  isStopped: (edit: Edit) => boolean,
): { readonly allowed: readonly Edit[]; readonly withheld: readonly Edit[] } {
  const stopped = new Set(edits.filter(isStopped).map(documentKey));
  return {
    allowed: edits.filter((edit) => !stopped.has(documentKey(edit))),
    withheld: edits.filter((edit) => stopped.has(documentKey(edit))),
  };
}

function documentKey({ marker }: { readonly marker: Marker }): string {
  return JSON.stringify([marker.file, marker.document, formatKey(marker.policy)]);
}
