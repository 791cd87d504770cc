import { type ErrorDetails, TagalongError } from '../core/index.ts';

/**
 * - INVALID_NAME: an image name or tag that no registry could have.
 * - UNREACHABLE: no answer: name not resolved, refused, reset, silent.
 * - TLS: the handshake failed, or the given certificates cannot be used.
 * - ADDRESS_FORBIDDEN: the registry is at an address that the bot never speaks to.
 * - UNAUTHORIZED, FORBIDDEN, NOT_FOUND: the registry or its token service said so.
 * - RATE_LIMITED: it asked to wait longer than the caller has time for.
 * - UNAVAILABLE: it answered 5xx, again and again.
 * - BAD_RESPONSE: its answer is cut, broken, endless, or not what was asked for.
 * - TOO_LARGE: its answer is beyond what the bot is willing to read.
 * - TIMEOUT: the caller's deadline passed.
 * - CLOSED: the bot is shutting down.
 */
export type RegistryErrorCode =
  | 'INVALID_NAME'
  | 'UNREACHABLE'
  | 'TLS'
  | 'ADDRESS_FORBIDDEN'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'BAD_RESPONSE'
  | 'TOO_LARGE'
  | 'TIMEOUT'
  | 'CLOSED';

/** What went wrong between the bot and a registry. Messages carry what the registry said, cleaned, and no secret. */
export class RegistryError extends TagalongError<RegistryErrorCode> {
  constructor(code: RegistryErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}

const transientCodes: readonly RegistryErrorCode[] = ['UNREACHABLE', 'UNAVAILABLE', 'BAD_RESPONSE', 'RATE_LIMITED'];

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): error is RegistryError {
  return error instanceof RegistryError && transientCodes.includes(error.code);
}
