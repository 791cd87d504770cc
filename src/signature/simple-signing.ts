import { createHash, type KeyObject, verify } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { type SignedEntity, toSignedEntity } from '@sigstore/verify';
import type { FoundSignature } from './signature.ts';

/** The layer of a signature manifest: a payload, and what stands in its annotations. */
export interface SigningLayer {
  readonly payload: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

export const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json';

/**
 * A signature in cosign's layout of tags: the payload names the digest, an annotation carries the signature over the payload, and for a
 * keyless one others carry its certificate and the entry of the log.
 */
export function readSimpleSigning({ payload, annotations }: SigningLayer, digest: string, at: string): FoundSignature {
  const signature = Buffer.from(annotations['dev.cosignproject.cosign/signature'] ?? '', 'base64');
  return {
    at,
    isOfImage: signature.length > 0 && namesDigest(payload, digest),
    isSignedBy: (key) => isSignature(payload, key, signature),
    entity: toEntity(payload, signature, annotations),
  };
}

/** https://github.com/containers/image/blob/main/docs/containers-signature.5.md */
function namesDigest(payload: Buffer, digest: string): boolean {
  try {
    const { critical } = JSON.parse(payload.toString('utf8')) as {
      critical?: { type?: unknown; image?: { 'docker-manifest-digest'?: unknown } };
    };
    return critical?.image?.['docker-manifest-digest'] === digest && signingTypes.has(String(critical.type));
  } catch {
    return false;
  }
}

const signingTypes = new Set(['cosign container image signature', 'https://sigstore.dev/cosign/sign/v1']);

/** Keys of the larger curves are used with their own hash by some signers, with SHA-256 by most. */
function isSignature(payload: Buffer, key: KeyObject, signature: Buffer): boolean {
  const hashes = key.asymmetricKeyType === 'ed25519' ? [null] : ['sha256', 'sha384', 'sha512'];
  return hashes.some((hash) => {
    try {
      return verify(hash, payload, key, signature);
    } catch {
      return false;
    }
  });
}

function toEntity(payload: Buffer, signature: Buffer, annotations: SigningLayer['annotations']): SignedEntity | null {
  const certificate = readPem(annotations['dev.sigstore.cosign/certificate'])[0];
  if (certificate === undefined || signature.length === 0) return null;
  const timestamp = parseJson(annotations['dev.sigstore.cosign/rfc3161timestamp'])['SignedRFC3161Timestamp'];
  try {
    const bundle = bundleFromJSON({
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
      verificationMaterial: {
        x509CertificateChain: { certificates: [{ rawBytes: certificate }] },
        tlogEntries: readLogEntry(annotations['dev.sigstore.cosign/bundle']),
        ...(typeof timestamp === 'string' && {
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp }] },
        }),
      },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: createHash('sha256').update(payload).digest('base64') },
        signature: signature.toString('base64'),
      },
    });
    return toSignedEntity(bundle, payload);
  } catch {
    return null;
  }
}

/** The entry of the log as cosign keeps it, in the words of a bundle. */
function readLogEntry(text: string | undefined): object[] {
  const { SignedEntryTimestamp, Payload } = parseJson(text);
  const { body, integratedTime, logIndex, logID } = (Payload ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof SignedEntryTimestamp !== 'string' || typeof body !== 'string' || typeof logID !== 'string') return [];
  const { kind, apiVersion } = parseJson(Buffer.from(body, 'base64').toString('utf8'));
  return [
    {
      logIndex: String(logIndex),
      logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
      canonicalizedBody: body,
    },
  ];
}

/** The base64 bodies of the certificates in a PEM text. */
function readPem(text = ''): string[] {
  return [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)].map(([, body = '']) =>
    body.replace(/\s/g, ''),
  );
}

function parseJson(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
