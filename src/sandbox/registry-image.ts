import { gzipSync } from 'node:zlib';
import { digestOf, type RegistryStorage } from './registry-storage.ts';

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

const emptyTar = Buffer.alloc(1024);
const layer = gzipSync(emptyTar);

/** Stores a complete image of one empty layer under the tag; equal seeds make equal images. Returns the manifest's digest. */
export function storeImage(storage: RegistryStorage, name: string, tag: string, seed: string): string {
  const repository = storage.open(name);
  const config = describeConfig(seed);
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: layerType, digest: digestOf(layer), size: layer.length }],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = digestOf(bytes);
  repository.blobs.set(digestOf(config), config);
  repository.blobs.set(digestOf(layer), layer);
  repository.manifests.set(digest, { type: manifestType, bytes });
  repository.tags.set(tag, digest);
  return digest;
}

function describeConfig(seed: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Labels: { 'org.opencontainers.image.version': seed } },
      rootfs: { type: 'layers', diff_ids: [digestOf(emptyTar)] },
    }),
  );
}
