import type { TagListing } from '../core/index.ts';
import { type Call, failCall } from './call.ts';
import { parseNextPage } from './next-page.ts';
import type { PageMemory } from './page-memory.ts';
import type { PageSizes } from './page-size.ts';
import { type Patience, requireSuccess, sendPatiently } from './send-patiently.ts';
import type { Audience } from './shared-listings.ts';
import { createTagCollection } from './tag-collection.ts';
import { parseTagPage, type TagPage } from './tag-page.ts';
import type { HttpAnswer } from './transport.ts';

/** What a listing may cost at most; beyond it is an error, never a shortened answer. */
export interface WalkLimits {
  readonly maxPages: number;
  readonly maxPageBytes: number;
  /** Entries that are gone through. */
  readonly maxEntries: number;
  /** Tags that somebody wants to keep. */
  readonly maxTags: number;
}

/** A server that ignores `n` answers a million tags in one page. */
export const defaultWalkLimits: WalkLimits = {
  maxPages: 100_000,
  maxPageBytes: 134_217_728,
  maxEntries: 10_000_000,
  maxTags: 2_000_000,
};

/** What walks share: how registries like to be asked, and what they need not tell again. */
export interface WalkKnowledge {
  readonly patience: Patience;
  readonly limits: WalkLimits;
  readonly sizes: PageSizes;
  readonly memory: PageMemory;
  /** Tells listings of different callers apart in the memory. */
  readonly identity: string;
}

interface Step {
  readonly page: TagPage;
  /** Path and query. */
  readonly next: string | null;
}

/** The same page, asked for with fewer tags. */
interface Detour {
  readonly instead: string;
}

/**
 * Reads every page of the tag list, and keeps what the audience wants. Throws RegistryError for a walk that cannot be finished: what
 * was read so far is no answer.
 */
export async function walkTags(knowledge: WalkKnowledge, call: Call, audience: Audience): Promise<TagListing> {
  const { registry, repository } = call.image;
  const tags = createTagCollection();
  const visited = new Set<string>();
  let total = 0;
  let malformed = 0;
  let path: string | null = knowledge.sizes.firstPage(registry, repository);
  while (path !== null) {
    const step: Step | Detour = await fetchPage(knowledge, call, audience, path);
    if ('instead' in step) {
      path = step.instead;
      continue;
    }
    visited.add(path);
    tags.add(step.page.tags);
    total += step.page.total;
    malformed += step.page.malformed;
    path = step.next;
    const isLoop = path !== null && visited.has(path);
    requireProgress(call, knowledge.limits, {
      ...{ isLoop, pages: visited.size, entries: total + malformed, kept: tags.count(), isLast: path === null },
    });
  }
  return { tags: tags.finish(), total, malformed };
}

function fetchPage(knowledge: WalkKnowledge, call: Call, audience: Audience, path: string): Promise<Step | Detour> {
  const { patience, limits, memory, sizes, identity } = knowledge;
  const key = `${identity} ${audience.key} ${path}`;
  const known = memory.find(key);
  const condition: Record<string, string> = known === undefined ? {} : { 'if-none-match': known.entityTag };
  const request = { path, headers: { accept: 'application/json', ...condition }, maxBytes: limits.maxPageBytes };
  return sendPatiently(patience, call, { ...request, method: 'GET' }, (answer) => {
    if (answer.status === 304 && known !== undefined) {
      audience.begin();
      return known;
    }
    const instead = refusesSize(answer) ? sizes.shrink(call.image.registry, path) : null;
    if (instead !== null) return { instead };
    const step = readPage(call, requireSuccess(call, answer), path, audience);
    const entityTag = answer.headers.etag;
    if (entityTag !== undefined && entityTag.length <= 1024) memory.keep(key, { ...step, entityTag });
    return step;
  });
}

/** The request is refused for what it says, which can only be the number of tags, unless the answer names something else. */
function refusesSize({ status, body }: HttpAnswer): boolean {
  if (![400, 413, 416, 422].includes(status)) return false;
  return !/NAME_INVALID|NAME_UNKNOWN|UNAUTHORIZED|DENIED|https/i.test(body.subarray(0, 4096).toString('latin1'));
}

function readPage(call: Call, answer: HttpAnswer, path: string, audience: Audience): Step {
  audience.begin();
  const page = parseTagPage(answer.body, (tag) => audience.accepts(tag));
  if (page === null)
    throw failCall(call, 'BAD_RESPONSE', 'registry answered 200 with something that is not a list of tags, or is cut');
  // Relative to what was asked for, not to where a redirect led: the next page is asked for at the registry again.
  const next = parseNextPage(answer.headers.link, new URL(path, answer.url));
  if (next === 'malformed')
    throw failCall(call, 'BAD_RESPONSE', 'registry links to a next page at an address that cannot be read');
  return { page, next: next === null ? null : `${next.pathname}${next.search}` };
}

interface Progress {
  readonly isLoop: boolean;
  readonly pages: number;
  readonly entries: number;
  readonly kept: number;
  readonly isLast: boolean;
}

function requireProgress(call: Call, limits: WalkLimits, { isLoop, pages, entries, kept, isLast }: Progress): void {
  const { maxPages, maxEntries, maxTags } = limits;
  if (isLoop) throw failCall(call, 'BAD_RESPONSE', `registry's pages lead back to one already read, after ${pages} page(s)`);
  if (entries > maxEntries) throw failCall(call, 'TOO_LARGE', `registry lists more than ${maxEntries} tags`);
  if (kept > maxTags)
    throw failCall(
      call,
      'TOO_LARGE',
      `more than ${maxTags} tags are left of what registry lists; leave out more by spec.exclusionList`,
    );
  if (!isLast && pages >= maxPages) throw failCall(call, 'TOO_LARGE', `registry's list has more than ${maxPages} pages`);
}
