import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type ReceiveErrorCode = 'TOKEN_MISSING' | 'LISTEN_FAILED';

/** A webhook that cannot be served. */
export class ReceiveError extends TagalongError<ReceiveErrorCode> {
  constructor(code: ReceiveErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}
