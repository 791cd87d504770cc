import type { ImageName, Registry, RegistryAccess, RegistryManifest } from '../core/index.ts';
import { readBundle } from './bundle.ts';
import type { FoundSignature } from './signature.ts';
import { readSimpleSigning, simpleSigningType } from './simple-signing.ts';

/** An image at a digest, and what opens its registry. */
export interface SignedImage {
  readonly image: ImageName;
  readonly digest: string;
  readonly access: RegistryAccess;
}

/** Nobody needs more signatures than this; everything in a registry may be of somebody else. */
const signaturesAtMost = 50;
const maxBytes = 1_048_576;
const bundleTypes = /^application\/vnd\.dev\.sigstore\.bundle(\.v\d\.\d)?\+json/;
const signatureTypes = new Set([simpleSigningType, 'application/vnd.dev.cosign.artifact.sig.v1+json']);

/** Every signature at an image, whoever made it: at the tag `sha256-….sig`, and among what refers to the manifest. */
export async function* findSignatures(
  registry: Registry,
  signed: SignedImage,
  signal: AbortSignal,
): AsyncGenerator<FoundSignature> {
  const { image, digest, access } = signed;
  const tag = `${digest.replace(':', '-')}.sig`;
  const tagged = await registry.fetchManifest(image, tag, access, signal);
  if (tagged !== null) yield* readManifest(registry, signed, tagged, signal);
  const referrers = await registry.fetchReferrers(image, digest, access, signal);
  const wanted = referrers.filter(({ artifactType = '' }) => artifactType === '' || isSignatureType(artifactType));
  for (const { digest: reference } of wanted.slice(0, signaturesAtMost)) {
    const manifest = await registry.fetchManifest(image, reference, access, signal);
    if (manifest !== null) yield* readManifest(registry, signed, manifest, signal);
  }
}

function isSignatureType(type: string): boolean {
  return bundleTypes.test(type) || signatureTypes.has(type);
}

interface Layer {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly annotations?: unknown;
}

async function* readManifest(
  registry: Registry,
  signed: SignedImage,
  manifest: RegistryManifest,
  signal: AbortSignal,
): AsyncGenerator<FoundSignature> {
  const { image, digest, access } = signed;
  for (const layer of layersOf(manifest).slice(0, signaturesAtMost)) {
    const { mediaType, digest: blob } = layer;
    if (typeof mediaType !== 'string' || typeof blob !== 'string' || !isSignatureType(mediaType)) continue;
    const bytes = await registry.fetchBlob(image, { digest: blob, maxBytes }, access, signal);
    if (bytes === null) continue;
    if (!bundleTypes.test(mediaType)) {
      yield readSimpleSigning({ payload: bytes, annotations: annotationsOf(layer) }, digest, manifest.digest);
      continue;
    }
    const subject = await registry.fetchManifest(image, digest, access, signal);
    const found = subject === null ? null : readBundle(bytes, { digest, manifest: subject.bytes }, manifest.digest);
    if (found !== null) yield found;
  }
}

function layersOf({ bytes }: RegistryManifest): readonly Layer[] {
  try {
    const { layers } = JSON.parse(bytes.toString('utf8')) as { layers?: unknown };
    return Array.isArray(layers) ? layers.filter((one) => typeof one === 'object' && one !== null) : [];
  } catch {
    return [];
  }
}

function annotationsOf({ annotations }: Layer): Record<string, string> {
  if (typeof annotations !== 'object' || annotations === null) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
