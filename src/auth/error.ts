import { type ErrorDetails, TagalongError } from '../core/index.ts';

/**
 * - INVALID_SECRET: a Secret's content cannot be used; the message names the Secret and the key.
 * - INVALID_URL: a URL that cannot be asked.
 * - ADDRESS_FORBIDDEN: a host resolves to an address that the bot never speaks to.
 * - LOGIN_FAILED: a provider gave no token; the message has its answer.
 * - CLUSTER_UNKNOWN: a cloud did not tell where a managed cluster is; the message has its answer.
 * - SDK_MISSING: an optional package of a cloud is not installed.
 * - WRONG_CLOUD: a registry is not one of the cloud that its provider names.
 */
export type AuthErrorCode =
  | 'INVALID_SECRET'
  | 'INVALID_URL'
  | 'ADDRESS_FORBIDDEN'
  | 'LOGIN_FAILED'
  | 'CLUSTER_UNKNOWN'
  | 'SDK_MISSING'
  | 'WRONG_CLOUD';

/** What goes wrong while secrets become credentials and hosts become addresses. Never carries a secret's content. */
export class AuthError extends TagalongError<AuthErrorCode> {
  constructor(code: AuthErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: 'AuthenticationFailed', ...details });
  }
}
