import { type ErrorDetails, TagalongError } from '../core/index.ts';

/**
 * - SECRET_MISSING: the Secret that `spec.decryption` names is not there.
 * - KEY_INVALID: a key in that Secret cannot be used; the message names its entry.
 * - KEY_MISSING: no key that is at hand opens a file.
 * - DECRYPTION_FAILED: a file or object cannot be decrypted; the message says why and names it.
 * - NO_MEMORY_FOLDER: this machine has no folder in memory for what kustomize has to read decrypted.
 */
export type DecryptErrorCode = 'SECRET_MISSING' | 'KEY_INVALID' | 'KEY_MISSING' | 'DECRYPTION_FAILED' | 'NO_MEMORY_FOLDER';

/** What keeps manifests from being decrypted. Never carries a key, a value or a line of a file. */
export class DecryptError extends TagalongError<DecryptErrorCode> {
  constructor(code: DecryptErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: 'BuildFailed', ...details });
  }
}
