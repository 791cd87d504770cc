import { readFileSync } from 'node:fs';
import type { SandboxRegistry } from '../../src/sandbox/index.ts';
import { pushBlob } from '../journeys/support/push-artifact.ts';
import type { SigningWay } from '../real/index.ts';

/** What a repository of a registry held: tags to digests, digests to manifests and to blobs in base64. */
export interface RecordedRepository {
  readonly tags: Record<string, string>;
  readonly manifests: Record<string, { readonly mediaType: string; readonly text: string }>;
  readonly blobs: Record<string, string>;
}

export interface SignedFixture {
  readonly publicKey: string;
  readonly trustedRoot: object;
  /** The digest of the image that was signed so. */
  readonly images: Readonly<Record<SigningWay | 'unsigned', string>>;
  readonly repository: RecordedRepository;
}

/** What the real cosign 3.1.3 made in a real docker-registry 2.8; `make-fixtures.ts` makes it anew. */
export const signed = JSON.parse(readFileSync(new URL('fixtures/signed.json', import.meta.url), 'utf8')) as SignedFixture;

/** Puts all of it into a registry, as `repository`. */
export async function replay(
  { tags, manifests, blobs }: RecordedRepository,
  registry: SandboxRegistry,
  repository: string,
): Promise<void> {
  const place = { host: registry.host, repository };
  for (const bytes of Object.values(blobs)) await pushBlob(place, Buffer.from(bytes, 'base64'));
  const put = async (reference: string, { mediaType, text }: { mediaType: string; text: string }) => {
    const url = `${registry.url}/v2/${repository}/manifests/${reference}`;
    const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body: text });
    if (answer.status !== 201) throw new Error(`replaying ${reference}: ${answer.status} ${await answer.text()}`);
  };
  // Indexes name manifests, which have to be there before.
  const isIndex = ({ text }: { text: string }) => text.includes('"manifests"');
  const ordered = Object.entries(manifests).toSorted(([, a], [, b]) => Number(isIndex(a)) - Number(isIndex(b)));
  for (const [digest, manifest] of ordered) await put(digest, manifest);
  for (const [tag, digest] of Object.entries(tags)) await put(tag, manifests[digest] ?? { mediaType: '', text: '' });
}
