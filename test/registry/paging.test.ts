import { expect, test } from 'vitest';
import { accessTo } from './access-to.ts';
import { askedFor, openRegistry } from './open-registry.ts';

const tags = ['a', 'b', 'c', 'd', 'e'];

test.for([
  { because: 'relative, as the specification has it', link: '<$NEXT>; rel="next"' },
  { because: 'a query alone', link: '<?last=b&n=2>; rel="next"', pages: 2 },
  { because: 'absolute, without the port', link: '<http://127.0.0.1$NEXT>; rel="next"' },
  { because: 'absolute, with another scheme', link: '<https://127.0.0.1:443$NEXT>; rel="next"' },
  { because: 'absolute, with an inner host that is not ours to ask', link: '<http://registry.inner:5000$NEXT>; rel="next"' },
  { because: 'absolute, with an authority that is none', link: '<http://:$NEXT>; rel="next"' },
  { because: 'without a scheme', link: '<//registry.inner$NEXT>; rel="next"' },
  { because: 'under the prefix of a proxy', link: '</artifactory/api/docker/x$NEXT>; rel="next"' },
  { because: 'with a plain rel', link: '<$NEXT>; rel=next' },
  { because: 'without a rel', link: '<$NEXT>' },
  { because: 'after another link', link: '</v2/>; rel="first", <$NEXT>; title="a, b"; rel="prev next"' },
])('a link that is $because leads to the next page at the same host', async ({ link, pages }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ kind: 'link', link, ...(pages && { times: 1 }) });
  expect(await registry.client.fetchTags(registry.image, accessTo())).toEqual({ tags, total: 5, malformed: 0 });
});

test('the server decides how many tags a page has', async () => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  await registry.client.fetchTags(registry.image, accessTo());
  expect(askedFor(registry.server, 'tags/list')).toEqual([
    'GET /v2/acme/web/tags/list?n=1000',
    'GET /v2/acme/web/tags/list?last=b&n=2',
    'GET /v2/acme/web/tags/list?last=d&n=2',
  ]);
});

test('an empty page with a link is not the end', async () => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ kind: 'body', body: '{"name":"acme/web","tags":[]}', on: 'last=b', times: 1 });
  expect((await registry.client.fetchTags(registry.image, accessTo())).tags).toEqual(['a', 'b', 'e']);
});

test.for([
  { because: 'to itself', link: '<$SELF>; rel="next"' },
  { because: 'to the first page for ever', link: '</v2/acme/web/tags/list?n=1000>; rel="next"' },
])('pages that lead back $because are an error, not an answer', async ({ link }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ kind: 'link', link });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({
    code: 'BAD_RESPONSE',
    message: expect.stringContaining("registry's pages lead back to one already read"),
  });
});

test('a link that cannot be read is an error, since more may follow', async () => {
  await using registry = await openRegistry(tags, { pageSize: 2 });
  registry.server.setFault({ kind: 'link', link: 'see the next page' });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
});

test.for([
  { because: 'more tags than anybody keeps', limits: { maxTags: 3 } },
  { because: 'more pages than anybody reads', limits: { maxPages: 2 } },
  { because: 'a page larger than anybody reads', limits: { maxPageBytes: 20 } },
])('$because are TOO_LARGE', async ({ limits }) => {
  await using registry = await openRegistry(tags, { pageSize: 2 }, { limits });
  await expect(registry.client.fetchTags(registry.image, accessTo())).rejects.toMatchObject({ code: 'TOO_LARGE' });
});

test.for([
  { because: '`tags` is null', body: '{"name":"acme/web","tags":null}', listing: { tags: [], total: 0, malformed: 0 } },
  { because: '`tags` is left out', body: '{"name":"acme/web"}', listing: { tags: [], total: 0, malformed: 0 } },
  {
    because: 'tags repeat',
    body: '{"name":"acme/web","tags":["b","a","b"]}',
    listing: { tags: ['b', 'a'], total: 3, malformed: 0 },
  },
  {
    because: 'entries break the grammar',
    body: JSON.stringify({
      tags: ['ok', '', '.hidden', '-x', 'a b', 'a\u001b[31m', 'ü', 'x'.repeat(129), 7, null, 'x'.repeat(128)],
    }),
    listing: { tags: ['ok', 'x'.repeat(128)], total: 2, malformed: 9 },
  },
])('where $because, the rest is listed', async ({ body, listing }) => {
  await using registry = await openRegistry(['1.0.0']);
  registry.server.setFault({ kind: 'body', body });
  expect(await registry.client.fetchTags(registry.image, accessTo())).toEqual(listing);
});
