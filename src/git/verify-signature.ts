import type { Instant } from '../core/index.ts';
import { parseAuthorizedKeys } from './authorized-keys.ts';
import { GitError } from './error.ts';
import { verifyPgpSignature } from './pgp-signature.ts';
import type { SignedObject } from './signed-object.ts';
import { verifySshSignature } from './ssh-signature.ts';

/** Whose signatures are accepted. */
export interface TrustedKeys {
  /** Armoured OpenPGP key rings. */
  readonly pgp: readonly string[];
  /** Texts in the format of `authorized_keys`. */
  readonly ssh: readonly string[];
}

/**
 * Checks the signature of a commit or tag. Returns whose it is: the id of an OpenPGP key, or the `SHA256:` fingerprint of an ssh key. Throws
 * BAD_SIGNATURE where there is none, it is of a kind that is not supported, or none of the keys made it.
 */
export async function verifySignature({ payload, signature }: SignedObject, keys: TrustedKeys, now: Instant): Promise<string> {
  const kind = signatureKind(signature);
  if (kind === 'openpgp') return verifyPgpSignature(payload, signature ?? '', keys.pgp, now);
  if (kind === 'ssh') return verifySshSignature(payload, signature ?? '', keys.ssh.flatMap(parseAuthorizedKeys));
  throw new GitError('BAD_SIGNATURE', `unsupported signature type: ${kind}`);
}

function signatureKind(signature: string | null): 'openpgp' | 'ssh' | 'x509' | 'empty' | 'unknown' {
  if (signature === null || signature.trim() === '') return 'empty';
  if (/^-----BEGIN PGP (SIGNATURE|MESSAGE)-----/.test(signature)) return 'openpgp';
  if (signature.startsWith('-----BEGIN SSH SIGNATURE-----')) return 'ssh';
  return signature.startsWith('-----BEGIN SIGNED MESSAGE-----') ? 'x509' : 'unknown';
}
