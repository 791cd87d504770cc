import { writeFile } from 'node:fs/promises';
import { createCosignSigner, type SigningWay, signingWays, startDockerRegistry } from '../real/index.ts';
import type { RecordedRepository } from './recorded-repository.ts';

// Writes fixtures/signed.json anew: images in a real docker-registry, signed by the real cosign in every way. Its keys are gone afterwards.
// Run it with `node test/signature/make-fixtures.ts` where both are there (test/real/README.md).

await using store = await startDockerRegistry();
await using cosign = await createCosignSigner();
const images: Record<string, string> = { unsigned: await store.pushTag('web', 'unsigned') };
for (const way of signingWays) {
  const digest = await store.pushTag('web', way.replaceAll(' ', '-'));
  await cosign.sign(`${store.host}/web@${digest}`, way as SigningWay);
  images[way] = digest;
}
const { tags } = (await (await fetch(`${store.url}/v2/web/tags/list`)).json()) as { tags: string[] };
const recorded: RecordedRepository = { tags: {}, manifests: {}, blobs: {} };
for (const tag of tags) recorded.tags[tag] = await recordManifest(tag);
const fixture = {
  publicKey: cosign.publicKey,
  trustedRoot: JSON.parse(cosign.trustedRoot) as object,
  images,
  repository: recorded,
};
await writeFile(new URL('fixtures/signed.json', import.meta.url), `${JSON.stringify(fixture, null, 1)}\n`);

async function recordManifest(reference: string): Promise<string> {
  const accept =
    'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
  const answer = await fetch(`${store.url}/v2/web/manifests/${reference}`, { headers: { accept } });
  const text = await answer.text();
  const digest = answer.headers.get('docker-content-digest') ?? '';
  recorded.manifests[digest] = { mediaType: answer.headers.get('content-type') ?? '', text };
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(text) as Record<'layers' | 'manifests', { digest: string }[]> & { config?: { digest: string } };
  for (const { digest: inner } of manifests) await recordManifest(inner);
  for (const { digest: blob } of [...(config === undefined ? [] : [config]), ...layers]) {
    const bytes = await (await fetch(`${store.url}/v2/web/blobs/${blob}`)).arrayBuffer();
    recorded.blobs[blob] = Buffer.from(bytes).toString('base64');
  }
  return digest;
}
