import type { Secret } from '../core/index.ts';

/** A private key that signs commits, as it was read from a Secret. */
export interface SigningKey {
  readonly kind: 'gpg' | 'ssh';
  /** gpg: an armored private key, of exactly one owner. ssh: a private key as `ssh-keygen` writes them. */
  readonly privateKey: Secret;
  readonly passphrase?: Secret;
}

/** Makes the signature of a commit: the text of its `gpgsig` header. */
export interface CommitSigner {
  /** `payload` is the commit without its signature. Throws SIGNING_FAILED. */
  sign(payload: Buffer): Promise<string>;
}
