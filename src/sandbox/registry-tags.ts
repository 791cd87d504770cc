import { createHash } from 'node:crypto';
import { answerEmpty, answerError, answerJson, type RegistryAnswer, type RegistryRequest } from './registry-answer.ts';
import { type RegistryStorage, sortBytes } from './registry-storage.ts';

export interface TagPaging {
  /** The most tags in one answer. */
  readonly pageSize: number;
  /** Asking for more is refused. */
  readonly largestAsked: number | undefined;
  readonly entityTags: boolean | undefined;
}

/** `GET /v2/<name>/tags/list?n=&last=`: tags in byte order, a page at a time, with a `Link` to the next. */
export function listTags(
  storage: RegistryStorage,
  name: string,
  { url, headers }: RegistryRequest,
  { pageSize, largestAsked, entityTags }: TagPaging,
): RegistryAnswer {
  const repository = storage.find(name);
  if (repository === undefined) return answerError(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  if (largestAsked !== undefined && Number(url.searchParams.get('n')) > largestAsked)
    return answerError(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested');
  const { entries, link } = cutPage(sortBytes(repository.tags.keys()), url, pageSize);
  const answer = answerJson(200, { name, tags: entries }, link);
  if (entityTags !== true) return answer;
  const etag = `"${createHash('sha256')
    .update(answer.body)
    .update(link['link'] ?? '')
    .digest('hex')}"`;
  if (headers['if-none-match'] === etag) return answerEmpty(304, { etag });
  return { ...answer, headers: { ...answer.headers, etag } };
}

/** `GET /v2/_catalog`. */
export function listRepositories(storage: RegistryStorage, { url }: RegistryRequest, pageSize: number): RegistryAnswer {
  const { entries, link } = cutPage(storage.names(), url, pageSize);
  return answerJson(200, { repositories: entries }, link);
}

/** The entries after `last`, at most `n` of them and never more than the server's own page size. */
function cutPage(all: readonly string[], url: URL, pageSize: number): { entries: string[]; link: Record<string, string> } {
  const asked = Number.parseInt(url.searchParams.get('n') ?? '', 10);
  const size = Math.min(Number.isNaN(asked) ? pageSize : Math.max(asked, 0), pageSize);
  const last = url.searchParams.get('last') ?? '';
  const rest = all.filter((entry) => entry > last);
  const entries = rest.slice(0, size);
  const end = entries.at(-1);
  if (end === undefined || entries.length === rest.length) return { entries, link: {} };
  const next = `${url.pathname}?${new URLSearchParams({ last: end, n: String(size) })}`;
  return { entries, link: { link: `<${next}>; rel="next"` } };
}
