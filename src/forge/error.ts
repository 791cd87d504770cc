import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type ForgeErrorCode =
  /** 401, or 403 that is no limit: the token is wrong or may not do that. */
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  /** 405, 409, 422 and the like: the forge understood, and says no. */
  | 'REFUSED'
  /** Asked too often; retried exactly when the forge says. */
  | 'RATE_LIMITED'
  /** It did not answer, or not as a forge does. */
  | 'UNREACHABLE';

/** What a forge's API answered, as a sentence with its own words, cleaned; never with the token. */
export class ForgeError extends TagalongError<ForgeErrorCode> {
  constructor(code: ForgeErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: 'ForgeFailed', ...details });
  }
}

/** A client's error as ours: it wraps what our transport threw. */
export function unwrapForgeError(error: unknown): never {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof ForgeError) throw inner;
  throw error;
}
