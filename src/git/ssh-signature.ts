import { createHash } from 'node:crypto';
import { GitError } from './error.ts';
import type { SshPublicKey } from './ssh-public-key.ts';
import { SshWire, sshText } from './ssh-wire.ts';

const magic = 'SSHSIG';
const hashes = new Set(['sha256', 'sha512']);

/** Checks a signature of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig) in `namespace`. Returns the fingerprint of the key that made it. */
export function verifySshSignature(payload: Buffer, armoured: string, keys: readonly SshPublicKey[], namespace = 'git'): string {
  const signature = parseSshSignature(armoured);
  if (signature.namespace !== namespace)
    throw bad(`it was made for '${signature.namespace.slice(0, 100)}', not for '${namespace}'`);
  const key = keys.find(({ blob }) => blob.equals(signature.publicKey));
  if (key === undefined) throw bad('none of the given keys made it');
  const digest = createHash(signature.hash).update(payload).digest();
  const signed = Buffer.concat([
    Buffer.from(magic),
    ...[signature.namespace, signature.reserved, signature.hash, digest].map(sshText),
  ]);
  if (!key.verifies(signed, signature.signature)) throw bad(`it is not one of key ${key.fingerprint} over this object`);
  return key.fingerprint;
}

interface SshSignature {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hash: string;
  readonly signature: Buffer;
}

function parseSshSignature(armoured: string): SshSignature {
  const [, encoded = ''] =
    /^-----BEGIN SSH SIGNATURE-----\n([\sA-Za-z0-9+/=]+)\n-----END SSH SIGNATURE-----\s*$/.exec(armoured) ?? [];
  const wire = new SshWire(Buffer.from(encoded, 'base64'));
  if (wire.take(magic.length).toString('latin1') !== magic || wire.number() !== 1) throw bad('it is not in a known format');
  const [publicKey, namespace, reserved, hash, signature] = [wire.bytes(), wire.text(), wire.bytes(), wire.text(), wire.bytes()];
  if (!hashes.has(hash)) throw bad(`its hash '${hash.slice(0, 100)}' is not allowed`);
  return { publicKey, namespace, reserved, hash, signature };
}

function bad(because: string): GitError {
  return new GitError('BAD_SIGNATURE', `unable to verify the ssh signature: ${because}`);
}
