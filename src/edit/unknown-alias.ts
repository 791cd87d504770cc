import { type Document, visit } from 'yaml';

/** The first `*alias` in a document without an `&anchor` of that name before it. */
export function findUnknownAlias(document: Document.Parsed): { readonly name: string; readonly offset: number } | null {
  const anchors = new Set<string>();
  let unknown: { name: string; offset: number } | null = null;
  visit(document, {
    Alias(_key, { source, range }) {
      if (anchors.has(source)) return undefined;
      unknown = { name: source, offset: range?.[0] ?? 0 };
      return visit.BREAK;
    },
    Value(_key, { anchor }) {
      if (anchor) anchors.add(anchor);
    },
  });
  return unknown;
}
