import { type TrustMaterial, toTrustMaterial } from '@sigstore/verify';
import { errorMessage } from '../core/index.ts';
import { SignatureError } from './error.ts';

/** The authorities and logs of a `trusted_root.json`, as Sigstore's TUF repository and `cosign trusted-root create` write it. */
export interface TrustedRoot {
  readonly material: TrustMaterial;
  /** Whether signatures must be in a transparency log, and certificates in a log of certificates: where the root names such logs. */
  readonly hasLogs: boolean;
  readonly hasCertificateLogs: boolean;
}

/** Throws BAD_TRUSTED_ROOT for a text that is none. */
export function parseTrustedRoot(text: string): TrustedRoot {
  try {
    const root = toRoot(JSON.parse(text));
    const material = toTrustMaterial(root);
    if (material.certificateAuthorities.length === 0) throw new Error('it names no certificate authority');
    return { material, hasLogs: material.tlogs.length > 0, hasCertificateLogs: material.ctlogs.length > 0 };
  } catch (error) {
    throw new SignatureError('BAD_TRUSTED_ROOT', `reading trusted_root.json: ${errorMessage(error)}`, { cause: error });
  }
}

type Root = Parameters<typeof toTrustMaterial>[0];
type Authority = Root['certificateAuthorities'][number];
type Log = Root['tlogs'][number];
type Period = Authority['validFor'];

function toRoot(value: unknown): Root {
  const root = fieldsOf(value, 'it');
  return {
    mediaType: textOf(root['mediaType']),
    certificateAuthorities: listOf(root['certificateAuthorities']).map(toAuthority),
    timestampAuthorities: listOf(root['timestampAuthorities']).map(toAuthority),
    tlogs: listOf(root['tlogs']).map(toLog),
    ctlogs: listOf(root['ctlogs']).map(toLog),
  };
}

function toAuthority(value: unknown): Authority {
  const { subject, uri, certChain, validFor, operator } = fieldsOf(value, 'an authority');
  const { organization, commonName } = fieldsOf(subject ?? {}, 'a subject');
  const certificates = listOf(fieldsOf(certChain, 'a chain')['certificates']);
  return {
    subject: { organization: textOf(organization), commonName: textOf(commonName) },
    uri: textOf(uri),
    operator: textOf(operator),
    certChain: { certificates: certificates.map((one) => ({ rawBytes: bytesOf(fieldsOf(one, 'a certificate')['rawBytes']) })) },
    validFor: toPeriod(validFor),
  };
}

function toLog(value: unknown): Log {
  const log = fieldsOf(value, 'a log');
  const key = fieldsOf(log['publicKey'], 'a public key');
  const checkpoint = log['checkpointKeyId'];
  return {
    baseUrl: textOf(log['baseUrl']),
    operator: textOf(log['operator']),
    hashAlgorithm: sha256,
    publicKey: {
      rawBytes: bytesOf(key['rawBytes']),
      keyDetails: isRsa(key['keyDetails']) ? rsaKey : otherKey,
      validFor: toPeriod(key['validFor']),
    },
    logId: { keyId: bytesOf(fieldsOf(log['logId'], 'a log id')['keyId']) },
    checkpointKeyId:
      checkpoint === undefined ? undefined : { keyId: bytesOf(fieldsOf(checkpoint, 'a checkpoint key id')['keyId']) },
  };
}

/** Numbers of sigstore_common.proto; only whether a key is RSA decides how it is read. */
const sha256: Log['hashAlgorithm'] = 1;
const rsaKey: Log['publicKey'] extends { keyDetails: infer Details } | undefined ? Details : never = 9;
const otherKey = 5 as typeof rsaKey;

function isRsa(details: unknown): boolean {
  return typeof details === 'string' && details.includes('RSA');
}

function toPeriod(value: unknown): Period {
  if (value === undefined) return undefined;
  const { start, end } = fieldsOf(value, 'a period');
  return { start: dateOf(start), end: dateOf(end) };
}

function dateOf(value: unknown): Date | undefined {
  if (value === undefined) return undefined;
  const date = new Date(String(value));
  if (Number.isNaN(date.getTime())) throw new Error(`${JSON.stringify(value)} is no time`);
  return date;
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('a list is no list');
  return value;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function bytesOf(value: unknown): Buffer {
  if (typeof value !== 'string' || value === '') throw new Error('bytes are missing');
  return Buffer.from(value, 'base64');
}
