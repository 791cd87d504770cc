import { isTag } from './image-name.ts';

/** One page of a tag list: the tags that are in the grammar, and how many entries are not. */
export interface TagPage {
  readonly tags: readonly string[];
  readonly malformed: number;
}

/**
 * Reads the body of one page; null when it is not a tag list. `tags: null`, and no `tags` beside a `name`, are empty pages:
 * registries written in Go say so of a repository without tags.
 */
export function parseTagPage(body: Buffer): TagPage | null {
  const page = parseJson(body);
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return null;
  const entries: unknown = 'tags' in page ? page.tags : undefined;
  if (entries === null || (entries === undefined && 'name' in page)) return { tags: [], malformed: 0 };
  if (!Array.isArray(entries)) return null;
  const tags = entries.filter((entry): entry is string => typeof entry === 'string' && isTag(entry));
  return { tags, malformed: entries.length - tags.length };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
