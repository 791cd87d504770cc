/**
 * Where the next page is, by the `Link` headers of a page: null when there is none, 'malformed' when there is one that
 * cannot be read. The host, port and scheme are always those of the page asked for: registries behind proxies write what they
 * believe to be called. For the same reason a path that ends in `/tags/list` is taken for the one that was asked.
 */
export function parseNextPage(link: string | readonly string[] | undefined, page: URL): URL | null | 'malformed' {
  const text = typeof link === 'string' ? link : (link ?? []).join(', ');
  if (text.trim() === '') return null;
  const links = [...text.matchAll(/<([^<>]*)>((?:\s*;\s*[\w*!#$%&'+.^`|~-]+(?:\s*=\s*(?:"[^"]*"|[^\s,;"]*))?)*)/g)];
  if (links.length === 0) return 'malformed';
  const next = links.find(([, , parameters = '']) => isNext(parameters));
  return next === undefined ? null : resolveTarget(next[1] ?? '', page);
}

/** A link without a relation is taken for the next page: nothing else is linked from a tag list. */
function isNext(parameters: string): boolean {
  const [, quoted, plain] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s,;"]+))/i.exec(parameters) ?? [];
  const relation = quoted ?? plain;
  return relation === undefined || relation.toLowerCase().split(/\s+/).includes('next');
}

function resolveTarget(target: string, page: URL): URL | 'malformed' {
  // An authority may be broken beyond parsing (`http://registry:/v2/…` or a lost host): only path and query are wanted.
  const local = target.trim().replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*|^\/\/[^/?#]*/i, '');
  if (local === '' || !URL.canParse(local, page.href)) return 'malformed';
  const found = new URL(local, page.href);
  const next = new URL(page);
  next.pathname = found.pathname.endsWith('/tags/list') ? page.pathname : found.pathname;
  next.search = found.search;
  next.hash = '';
  return next;
}
