import { TagalongError } from '../core/index.ts';

/** BAD_KEY, BAD_TRUSTED_ROOT, BAD_IDENTITY: what says whom to trust cannot be read. */
export type SignatureErrorCode = 'BAD_KEY' | 'BAD_TRUSTED_ROOT' | 'BAD_IDENTITY';

export class SignatureError extends TagalongError<SignatureErrorCode> {}
