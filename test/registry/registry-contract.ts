import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.ts';
import { createRegistry, parseImageName } from '../../src/registry/index.ts';
import { accessTo } from './access-to.ts';
import { startHttpProxy } from './proxies.ts';

/** What the contract needs of a running registry; the sandbox's and Debian's docker-registry both fit. */
export interface ContractRegistry extends AsyncDisposable {
  readonly host: string;
  readonly caPem?: string | null;
  pushTag(repository: string, tag: string): Promise<string>;
  deleteTag(repository: string, tag: string): Promise<void>;
}

export interface ContractOptions {
  /** Only this user may pull. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Served by https, with a certificate that `caPem` vouches for. */
  readonly tls?: boolean;
}

const auth = { username: 'scanner', password: 'correct horse battery' };

/** What must hold for our client on any OCI registry. `start` gives a fresh one, without any image. */
export function registryContract(name: string, start: (options?: ContractOptions) => Promise<ContractRegistry>): void {
  describe(`the registry client on ${name}`, () => {
    test('lists every tag once, whatever the order they were pushed in', async () => {
      await using registry = await start();
      for (const tag of ['1.10.0', '1.2.0', 'latest', 'v2']) await registry.pushTag('acme/web', tag);
      await using client = open();
      const listing = await client.fetchTags(parseImageName(`${registry.host}/acme/web`), accessTo());
      expect({ ...listing, tags: listing.tags.toSorted() }).toEqual({
        tags: ['1.10.0', '1.2.0', 'latest', 'v2'],
        total: 4,
        malformed: 0,
      });
    });

    test('sees a tag that was pushed after the last listing', async () => {
      await using registry = await start();
      await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      const image = parseImageName(`${registry.host}/acme/web`);
      await client.fetchTags(image, accessTo());
      await registry.pushTag('acme/web', '1.1.0');
      expect((await client.fetchTags(image, accessTo())).tags.toSorted()).toEqual(['1.0.0', '1.1.0']);
    });

    test('resolves a tag to the digest it was pushed with', async () => {
      await using registry = await start();
      const digest = await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      expect(await client.fetchDigest(parseImageName(`${registry.host}/acme/web`), '1.0.0', accessTo())).toBe(digest);
    });

    test.for([
      { type: 'application/vnd.oci.image.index.v1+json' },
      { type: 'application/vnd.docker.distribution.manifest.list.v2+json' },
    ])('resolves an image of several platforms to the digest of its index ($type)', async ({ type }) => {
      await using registry = await start();
      const digests = [await registry.pushTag('acme/web', 'amd64'), await registry.pushTag('acme/web', 'arm64')];
      const index = await pushIndex(registry.host, type, digests);
      await using client = open();
      expect(await client.fetchDigest(parseImageName(`${registry.host}/acme/web`), '1.0.0', accessTo())).toBe(index);
    });

    test('is asked through a proxy', async () => {
      await using registry = await start({ tls: true });
      await registry.pushTag('acme/web', '1.0.0');
      await using proxy = await startHttpProxy();
      await using client = open();
      const access = accessTo({ tls: { ca: registry.caPem ?? '' }, proxy: { address: proxy.address } });
      expect((await client.fetchTags(parseImageName(`${registry.host}/acme/web`), access)).tags).toEqual(['1.0.0']);
      expect(proxy.seen).toEqual([`CONNECT ${registry.host}`]);
    });

    test('has no digest for a tag that is not there', async () => {
      await using registry = await start();
      await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      expect(await client.fetchDigest(parseImageName(`${registry.host}/acme/web`), '9.9.9', accessTo())).toBeNull();
    });

    test('has no digest for a tag that was deleted', async () => {
      await using registry = await start();
      await registry.pushTag('acme/web', '1.0.0');
      await registry.deleteTag('acme/web', '1.0.0');
      await using client = open();
      expect(await client.fetchDigest(parseImageName(`${registry.host}/acme/web`), '1.0.0', accessTo())).toBeNull();
    });

    test('calls a repository that was never pushed NOT_FOUND', async () => {
      await using registry = await start();
      await using client = open();
      await expect(client.fetchTags(parseImageName(`${registry.host}/acme/none`), accessTo())).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining(`listing tags of ${registry.host}/acme/none: registry answered 404`),
      });
    });

    test('lists with the right password', async () => {
      await using registry = await start({ auth });
      await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      const credentials = { kind: 'basic', username: auth.username, password: new Secret(auth.password) } as const;
      const listing = await client.fetchTags(parseImageName(`${registry.host}/acme/web`), accessTo({ credentials }));
      expect(listing.tags).toEqual(['1.0.0']);
    });

    test.for([
      {
        because: 'a wrong password',
        credentials: { kind: 'basic', username: 'scanner', password: new Secret('wrong-password') } as const,
      },
      { because: 'no password', credentials: { kind: 'anonymous' } as const },
    ])('is UNAUTHORIZED with $because, and shows none', async ({ credentials }) => {
      await using registry = await start({ auth });
      await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      const listing = client.fetchTags(parseImageName(`${registry.host}/acme/web`), accessTo({ credentials }));
      await expect(listing).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
        message: expect.not.stringContaining('wrong-password'),
      });
    });

    test('trusts the authority it is given', async () => {
      await using registry = await start({ tls: true });
      await registry.pushTag('acme/web', '1.0.0');
      await using client = open();
      const access = accessTo({ tls: { ca: registry.caPem ?? '' } });
      expect((await client.fetchTags(parseImageName(`${registry.host}/acme/web`), access)).tags).toEqual(['1.0.0']);
    });

    test('refuses a certificate that nobody vouches for', async () => {
      await using registry = await start({ tls: true });
      await using client = open();
      await expect(client.fetchTags(parseImageName(`${registry.host}/acme/web`), accessTo())).rejects.toMatchObject({
        code: 'TLS',
      });
    });
  });
}

/** Points 1.0.0 at an index of two platforms; answers with the digest of the bytes that were sent. */
async function pushIndex(host: string, mediaType: string, digests: readonly string[]): Promise<string> {
  const manifests = await Promise.all(
    digests.map(async (digest, index) => {
      const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
      const answer = await fetch(`http://${host}/v2/acme/web/manifests/${digest}`, { headers: { accept } });
      const { length } = Buffer.from(await answer.arrayBuffer());
      const platform = { os: 'linux', architecture: ['amd64', 'arm64'][index] };
      return { mediaType: answer.headers.get('content-type'), digest, size: length, platform };
    }),
  );
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  const put = { method: 'PUT', headers: { 'content-type': mediaType }, body };
  expect((await fetch(`http://${host}/v2/acme/web/manifests/1.0.0`, put)).status).toBe(201);
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

function open() {
  const client = createRegistry({ retryDelayMs: 1 });
  return { ...client, [Symbol.asyncDispose]: () => client.close() };
}
