import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { GitError } from './error.ts';
import { SshWire } from './ssh-wire.ts';

/** A public key as ssh writes it, and how a signature by it is checked. */
export interface SshPublicKey {
  readonly blob: Buffer;
  /** `SHA256:…`, as ssh-keygen shows it. */
  readonly fingerprint: string;
  /** `signature` is ssh's: the algorithm's name, the signature itself and, for keys on a token, what the token added. */
  verifies(signed: Buffer, signature: Buffer): boolean;
}

const curves: Readonly<Record<string, { readonly name: string; readonly hash: string; readonly bytes: number }>> = {
  nistp256: { name: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { name: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { name: 'P-521', hash: 'sha512', bytes: 66 },
};
const rsaHashes: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' };
const leastRsaBytes = 256; // 2048 bits, the least that OpenSSH makes
const userPresent = 1;

/** ed25519, ecdsa and rsa keys, and the first two on a security token. Throws BAD_SIGNATURE for any other. */
export function parseSshPublicKey(blob: Buffer): SshPublicKey {
  const wire = new SshWire(blob);
  const type = wire.text();
  const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
  const verifies = verifierOf(type, wire);
  return { blob, fingerprint, verifies: (signed, signature) => verifies(signed, new SshWire(signature)) };
}

type Verifier = (signed: Buffer, signature: SshWire) => boolean;

function verifierOf(type: string, wire: SshWire): Verifier {
  switch (type) {
    case 'ssh-ed25519':
      return plain(type, ed25519Verifier(wire));
    case 'ssh-rsa':
      return rsaVerifier(wire);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return plain(type, ecdsaVerifier(wire));
    case 'sk-ssh-ed25519@openssh.com':
      return onToken(type, ed25519Verifier(wire), wire.text());
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return onToken(type, ecdsaVerifier(wire), wire.text());
    default:
      throw new GitError('BAD_SIGNATURE', `ssh keys of type '${type.slice(0, 100)}' are not supported`);
  }
}

type RawVerifier = (signed: Buffer, signature: Buffer) => boolean;

function plain(type: string, check: RawVerifier): Verifier {
  return (signed, signature) => signature.text() === type && check(signed, signature.bytes());
}

/** OpenSSH's PROTOCOL.u2f: the token signs the hash of what it stands for, its flags and a counter, with the message's hash. */
function onToken(type: string, check: RawVerifier, application: string): Verifier {
  return (signed, signature) => {
    if (signature.text() !== type) return false;
    const raw = signature.bytes();
    const flagsAndCounter = signature.take(5);
    if (((flagsAndCounter[0] ?? 0) & userPresent) === 0) return false;
    return check(Buffer.concat([sha256(application), flagsAndCounter, sha256(signed)]), raw);
  };
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function ed25519Verifier(wire: SshWire): RawVerifier {
  const key = importKey({ kty: 'OKP', crv: 'Ed25519', x: wire.bytes().toString('base64url') });
  return (signed, signature) => verify(null, signed, key, signature);
}

function ecdsaVerifier(wire: SshWire): RawVerifier {
  const curve = curves[wire.text()];
  const point = wire.bytes();
  if (curve === undefined || point.length !== 1 + 2 * curve.bytes || point[0] !== 4)
    throw new GitError('BAD_SIGNATURE', 'an ssh key has a point that is not on its curve');
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)].map((part) => part.toString('base64url'));
  const key = importKey({ kty: 'EC', crv: curve.name, x, y } as JsonWebKey);
  return (signed, signature) => {
    const parts = new SshWire(signature);
    const numbers = [parts.integer(), parts.integer()];
    if (numbers.some((number) => number.length > curve.bytes)) return false;
    const padded = numbers.map((number) => Buffer.concat([Buffer.alloc(curve.bytes - number.length), number]));
    return verify(curve.hash, signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(padded));
  };
}

function rsaVerifier(wire: SshWire): Verifier {
  const [e, n] = [wire.integer(), wire.integer()];
  if (n.length < leastRsaBytes) throw new GitError('BAD_SIGNATURE', 'an rsa key is shorter than 2048 bits');
  const key = importKey({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
  return (signed, signature) => {
    const hash = rsaHashes[signature.text()]; // ssh-rsa is SHA-1, which proves nothing any more
    return hash !== undefined && verify(hash, signed, key, signature.bytes());
  };
}

function importKey(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new GitError('BAD_SIGNATURE', 'an ssh public key cannot be used', { cause });
  }
}
