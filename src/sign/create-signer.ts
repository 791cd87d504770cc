import type { Clock } from '../core/index.ts';
import { createOpenPgpSigner } from './sign-with-openpgp.ts';
import { createSshSigner } from './sign-with-ssh.ts';
import type { CommitSigner, SigningKey } from './signing-key.ts';

/** Opens a key. @throws SignError SIGNING_KEY_UNUSABLE if it is none, does not open, or may not sign. */
export function createSigner(key: SigningKey, clock: Clock): Promise<CommitSigner> {
  return key.kind === 'gpg' ? createOpenPgpSigner(key, clock) : createSshSigner(key);
}
