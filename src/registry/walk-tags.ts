import type { TagListing } from '../core/index.ts';
import { type Call, failCall } from './call.ts';
import { parseNextPage } from './next-page.ts';
import { type Patience, requireSuccess, sendPatiently } from './send-patiently.ts';
import { parseTagPage, type TagPage } from './tag-page.ts';
import type { HttpAnswer } from './transport.ts';

/** What a listing may cost at most; beyond it is an error, never a shortened answer. */
export interface WalkLimits {
  readonly maxPages: number;
  readonly maxPageBytes: number;
  readonly maxTags: number;
}

/** A server that ignores `n` answers a million tags in one page. */
export const defaultWalkLimits: WalkLimits = { maxPages: 100_000, maxPageBytes: 134_217_728, maxTags: 1_000_000 };

interface Step {
  readonly page: TagPage;
  readonly next: URL | null;
}

/** Reads every page of the tag list. Throws RegistryError for a walk that cannot be finished: what was read so far is no answer. */
export async function walkTags(patience: Patience, call: Call, limits: WalkLimits): Promise<TagListing> {
  const tags = new Set<string>();
  const visited = new Set<string>();
  let entries = 0;
  let malformed = 0;
  let path: string | null = `/v2/${call.image.repository}/tags/list?n=1000`;
  while (path !== null) {
    visited.add(path);
    const { page, next }: Step = await fetchPage(patience, call, path, limits);
    for (const tag of page.tags) tags.add(tag);
    malformed += page.malformed;
    entries += page.tags.length + page.malformed;
    path = next === null ? null : `${next.pathname}${next.search}`;
    requireProgress(call, limits, {
      isLoop: path !== null && visited.has(path),
      pages: visited.size,
      entries,
      isLast: path === null,
    });
  }
  return { tags: [...tags], malformed };
}

function fetchPage(patience: Patience, call: Call, path: string, { maxPageBytes }: WalkLimits): Promise<Step> {
  const request = { method: 'GET', path, headers: { accept: 'application/json' }, maxBytes: maxPageBytes } as const;
  return sendPatiently(patience, call, request, (answer) => readPage(call, requireSuccess(call, answer), path));
}

function readPage(call: Call, answer: HttpAnswer, path: string): Step {
  const page = parseTagPage(answer.body);
  if (page === null)
    throw failCall(call, 'BAD_RESPONSE', 'registry answered 200 with something that is not a list of tags, or is cut');
  // Relative to what was asked for, not to where a redirect led: the next page is asked for at the registry again.
  const next = parseNextPage(answer.headers.link, new URL(path, answer.url));
  if (next === 'malformed')
    throw failCall(call, 'BAD_RESPONSE', 'registry links to a next page at an address that cannot be read');
  return { page, next };
}

function requireProgress(
  call: Call,
  { maxPages, maxTags }: WalkLimits,
  { isLoop, pages, entries, isLast }: { isLoop: boolean; pages: number; entries: number; isLast: boolean },
): void {
  if (isLoop) throw failCall(call, 'BAD_RESPONSE', `registry's pages lead back to one already read, after ${pages} page(s)`);
  if (entries > maxTags) throw failCall(call, 'TOO_LARGE', `registry lists more than ${maxTags} tags`);
  if (!isLast && pages >= maxPages) throw failCall(call, 'TOO_LARGE', `registry's list has more than ${maxPages} pages`);
}
