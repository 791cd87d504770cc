// A registry of generated tags as a process of its own: `node tag-server.ts`. `/v2/x/500/tags/list` has 500 tags, in pages as asked for.
import { createServer } from 'node:http';

let requests = 0;
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://registry');
  if (url.pathname === '/requests') return response.end(String(requests));
  requests += 1;
  const count = Number(/\/(\d+)\/tags\/list$/.exec(url.pathname)?.[1] ?? 0);
  const size = Math.min(Number(url.searchParams.get('n') ?? 1000), 1000);
  const from = Number(/(\d+)$/.exec(url.searchParams.get('last') ?? '')?.[1] ?? -1) + 1;
  const tags = Array.from({ length: Math.max(0, Math.min(size, count - from)) }, (_, index) => tagOf(from + index));
  const last = tags.at(-1);
  const hasMore = from + tags.length < count;
  const next = hasMore && last !== undefined ? { link: `<${url.pathname}?last=${last}&n=${size}>; rel="next"` } : {};
  response.writeHead(200, { 'content-type': 'application/json', ...next });
  response.end(JSON.stringify({ name: url.pathname, tags }));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});

/** Every thousandth is a release, the others are builds; in byte order, as registries list them. */
function tagOf(index: number): string {
  const number = String(index).padStart(7, '0');
  return index % 1000 === 0 ? `1.0.${index}-r.0${number}` : `build-${((index * 2654435761) % 2 ** 32).toString(16)}-${number}`;
}
