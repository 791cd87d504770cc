import { createHash, type KeyObject, sign } from 'node:crypto';

/** Where to put artifacts: the registry's host, and the repository. */
export interface ArtifactPlace {
  readonly host: string;
  readonly repository: string;
}

export const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Uploads a blob as clients do. */
export async function pushBlob({ host, repository }: ArtifactPlace, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  const started = await fetch(`http://${host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(started.headers.get('location') ?? '', `http://${host}`);
  location.searchParams.set('digest', digest);
  const done = await fetch(location, { method: 'PUT', body: new Uint8Array(bytes) });
  if (done.status !== 201) throw new Error(`pushing a blob: ${done.status} ${await done.text()}`);
  return digest;
}

/** Uploads a manifest or an index at a tag, or by its digest. Returns the digest. */
export async function pushManifest(
  { host, repository }: ArtifactPlace,
  reference: string | null,
  manifest: object,
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const { mediaType = 'application/vnd.oci.image.manifest.v1+json' } = manifest as { mediaType?: string };
  const url = `http://${host}/v2/${repository}/manifests/${reference ?? digestOf(bytes)}`;
  const done = await fetch(url, { method: 'PUT', headers: { 'content-type': mediaType }, body: bytes });
  if (done.status !== 201) throw new Error(`pushing a manifest: ${done.status} ${await done.text()}`);
  return digestOf(bytes);
}

/** What a tag points at. */
export async function resolveTag({ host, repository }: ArtifactPlace, tag: string): Promise<string> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json';
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers: { accept } });
  return answer.headers.get('docker-content-digest') ?? '';
}

/** Signs a digest with a key in cosign's layout of tags. `payloadDigest` is what the signature claims to be of. */
export async function signImage(place: ArtifactPlace, digest: string, key: KeyObject, payloadDigest = digest): Promise<void> {
  const payload = Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': `${place.host}/${place.repository}` },
        image: { 'docker-manifest-digest': payloadDigest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const config = Buffer.from('{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}');
  const annotations = { 'dev.cosignproject.cosign/signature': sign('sha256', payload, key).toString('base64') };
  await pushManifest(place, `${digest.replace(':', '-')}.sig`, {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: config.length, digest: await pushBlob(place, config) },
    layers: [
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        size: payload.length,
        digest: await pushBlob(place, payload),
        annotations,
      },
    ],
  });
}
