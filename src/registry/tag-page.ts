import { isTag } from './image-name.ts';

/** One page of a tag list: the tags that are wanted, how many entries are in the grammar, and how many are not. */
export interface TagPage {
  readonly tags: readonly string[];
  readonly total: number;
  readonly malformed: number;
}

/**
 * Reads the body of one page; null when it is not a tag list. `tags: null`, and no `tags` beside a `name`, are empty pages:
 * registries written in Go say so of a repository without tags.
 */
export function parseTagPage(body: Buffer, isWanted: (tag: string) => boolean): TagPage | null {
  const page = parseJson(body);
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return null;
  const entries: unknown = 'tags' in page ? page.tags : undefined;
  if (entries === null || (entries === undefined && 'name' in page)) return { tags: [], total: 0, malformed: 0 };
  if (!Array.isArray(entries)) return null;
  const tags: string[] = [];
  let total = 0;
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'string' || !isTag(entry)) continue;
    total += 1;
    if (isWanted(entry)) tags.push(entry);
  }
  return { tags, total, malformed: entries.length - total };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
