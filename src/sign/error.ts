import { TagalongError } from '../core/index.ts';

/** SIGNING_KEY_UNUSABLE: the key is none, is locked, or cannot sign. SIGNING_FAILED: it could, but signing this did not work out. */
export type SignErrorCode = 'SIGNING_KEY_UNUSABLE' | 'SIGNING_FAILED';

/** No message carries a key or a passphrase. */
export class SignError extends TagalongError<SignErrorCode> {}

/** Stalls the object: no retry makes a key better. */
export function unusableKey(what: string, because: string, cause?: unknown): SignError {
  const message = `the ${what} signing key cannot be used: ${because}; mend the Secret, then ask for a run`;
  return new SignError('SIGNING_KEY_UNUSABLE', message, { retry: 'never', reason: 'InvalidSigningKey', cause });
}
