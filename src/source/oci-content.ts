import { Readable } from 'node:stream';
import type { Artifact, ImageName, Registry, RegistryAccess, RegistryManifest, SourceRef } from '../core/index.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import type { ContentStore } from './content-store.ts';
import { createArtifact, type KeyedFile } from './create-artifact.ts';
import { SourceError } from './error.ts';
import { createIgnoreRules } from './ignore-rules.ts';
import { readArchive } from './read-archive.ts';

export interface OciWish {
  readonly source: SourceRef;
  readonly image: ImageName;
  readonly digest: string;
  /** Of the artifact, such as `latest@sha256:…`. */
  readonly revision: string;
  readonly access: RegistryAccess;
  /** `spec.layerSelector`. */
  readonly layer: { readonly mediaType?: string | undefined; readonly operation?: 'extract' | 'copy' | undefined };
  /** `spec.ignore`. */
  readonly ignore: string | undefined;
  readonly signal: AbortSignal;
}

export interface OciContent {
  readonly artifact: Artifact;
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The layer as it is, where it is to be copied. */
  readonly bytes: Buffer | undefined;
}

/** Pulls the content of an OCI artifact: the layer that is wanted, unpacked, without what the rules leave out. Throws SourceError and what the registry throws. */
export async function pullOciContent(
  { registry, store, limits = defaultArchiveLimits }: { registry: Registry; store: ContentStore; limits?: ArchiveLimits },
  wish: OciWish,
): Promise<OciContent> {
  const manifest = parseManifest(await fetchImage(registry, wish), wish);
  const layer = selectLayer(manifest, wish);
  const blob = await registry.fetchBlob(
    wish.image,
    { digest: layer.digest, maxBytes: limits.maxArchiveBytes },
    wish.access,
    wish.signal,
  );
  if (blob === null) throw failed('LAYER_FAILED', wish, `the registry has no layer ${layer.digest}`);
  const isCopied = wish.layer.operation === 'copy';
  const unpacking = store.keep(wish.source, readArchive(Readable.from([blob]), limits));
  const files = isCopied ? await unpacking.catch((error: unknown) => error) : await unpacking.then((all) => filter(all, wish));
  // A copied layer may be anything; only who builds from it has to know how to unpack it.
  const list = async () => {
    if (Array.isArray(files)) return files as readonly KeyedFile[];
    throw files;
  };
  return {
    artifact: createArtifact({ revision: wish.revision, list }),
    annotations: manifest.annotations,
    bytes: isCopied ? blob : undefined,
  };
}

/** Of an index the image for linux/amd64, as clients without a platform of their own have it. */
async function fetchImage(registry: Registry, wish: OciWish): Promise<RegistryManifest> {
  const found = await fetchOrFail(registry, wish, wish.digest);
  const { manifests } = parseFields(found, wish);
  if (!Array.isArray(manifests)) return found;
  const entries = manifests as readonly { digest?: unknown; platform?: { os?: unknown; architecture?: unknown } }[];
  const one = entries.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  if (typeof one?.digest !== 'string') throw failed('LAYER_FAILED', wish, 'it is an index without an image for linux/amd64');
  return fetchOrFail(registry, wish, one.digest);
}

async function fetchOrFail(registry: Registry, wish: OciWish, digest: string): Promise<RegistryManifest> {
  const found = await registry.fetchManifest(wish.image, digest, wish.access, wish.signal);
  if (found !== null) return found;
  throw failed('PULL_FAILED', wish, `the registry has no manifest ${digest}`);
}

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
}

interface Manifest {
  readonly layers: readonly Layer[];
  readonly annotations: Readonly<Record<string, string>>;
}

function parseManifest(found: RegistryManifest, wish: OciWish): Manifest {
  const { layers, annotations } = parseFields(found, wish);
  const texts = Object.entries(typeof annotations === 'object' && annotations !== null ? annotations : {});
  return {
    layers: Array.isArray(layers) ? layers.filter(isLayer) : [],
    annotations: Object.fromEntries(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
}

function parseFields({ bytes }: RegistryManifest, wish: OciWish): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw failed('PULL_FAILED', wish, 'its manifest is no JSON object');
}

function isLayer(value: unknown): value is Layer {
  const { mediaType, digest } = (value ?? {}) as Record<string, unknown>;
  return typeof mediaType === 'string' && typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest);
}

function selectLayer({ layers }: Manifest, wish: OciWish): Layer {
  const { mediaType } = wish.layer;
  if (layers.length === 0) throw failed('LAYER_FAILED', wish, 'no layers found in artifact');
  const wanted = mediaType === undefined || mediaType === '' ? layers[0] : layers.find((layer) => layer.mediaType === mediaType);
  if (wanted !== undefined) return wanted;
  throw failed('LAYER_FAILED', wish, `failed to find layer with media type '${mediaType}' in artifact`);
}

async function filter(files: readonly KeyedFile[], { ignore }: OciWish): Promise<readonly KeyedFile[]> {
  const rules = await Promise.all(
    files
      .filter(({ path }) => /(^|\/)\.sourceignore$/.test(path))
      .map(async ({ path, read }) => ({ folder: path.replace(/\/?\.sourceignore$/, ''), text: (await read()).toString('utf8') })),
  );
  const isIgnored = createIgnoreRules(rules, ignore);
  return files.filter(({ path }) => !isIgnored(path));
}

function failed(code: 'PULL_FAILED' | 'LAYER_FAILED', { image, digest }: OciWish, because: string): SourceError {
  return new SourceError(code, `pulling ${image.registry}/${image.repository}@${digest}: ${because}`);
}
