import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity } from '@sigstore/verify';
import type { FoundSignature } from './signature.ts';

/** What a signature of an image says of it, in the words of in-toto. */
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';

/** A Sigstore bundle that refers to the manifest; null where the bytes are none, or it attests something else than a signature. */
export function readBundle(
  bytes: Buffer,
  subject: { readonly digest: string; readonly manifest: Buffer },
  at: string,
): FoundSignature | null {
  let bundle: Bundle;
  try {
    bundle = bundleFromJSON(withLeafAlone(JSON.parse(bytes.toString('utf8'))));
    const entity = toSignedEntity(bundle, subject.manifest);
    const isKeyless = entity.key.$case === 'certificate';
    return {
      at,
      isOfImage: isOfImage(bundle, subject.digest),
      isSignedBy: (key) => {
        try {
          return entity.signature.verifySignature(key);
        } catch {
          return false;
        }
      },
      entity: isKeyless ? entity : null,
    };
  } catch {
    return null;
  }
}

/** cosign writes a whole chain where somebody brought a certificate; of that only the leaf counts, the rest comes from the root of trust. */
function withLeafAlone(bundle: BundleJson): object {
  const { x509CertificateChain, ...material } = bundle.verificationMaterial ?? {};
  const [certificate] = x509CertificateChain?.certificates ?? [];
  if (certificate === undefined) return bundle;
  return { ...bundle, verificationMaterial: { ...material, certificate } };
}

interface BundleJson {
  readonly verificationMaterial?: { readonly x509CertificateChain?: { readonly certificates?: readonly unknown[] } };
}

/** Either a statement that names the digest, or a signature over the manifest's own bytes: that is checked with the signature. */
function isOfImage({ content }: Bundle, digest: string): boolean {
  if (content.$case === 'messageSignature')
    return content.messageSignature.messageDigest?.digest.toString('hex') === hexOf(digest);
  const { payloadType, payload } = content.dsseEnvelope;
  if (payloadType !== 'application/vnd.in-toto+json') return false;
  const { predicateType, subject } = JSON.parse(payload.toString('utf8')) as { predicateType?: unknown; subject?: unknown };
  if (predicateType !== signPredicate || !Array.isArray(subject)) return false;
  return subject.some((one: { digest?: { sha256?: unknown } } | null) => one?.digest?.sha256 === hexOf(digest));
}

function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
