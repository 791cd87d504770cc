import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type ApplyErrorCode =
  | 'DRY_RUN_FAILED'
  | 'APPLY_FAILED'
  /** The dry run said that a field cannot change, and the object may not be recreated. */
  | 'IMMUTABLE_FIELD'
  | 'CLEANUP_FAILED'
  /** A pointer, expression or selector of `spec.ignore` that is none. */
  | 'IGNORE_INVALID'
  | 'PRUNE_FAILED'
  | 'HEALTH_CHECK_FAILED';

/** What an apply ended with; the message is the one users of Flux know. */
export class ApplyError extends TagalongError<ApplyErrorCode> {
  constructor(code: ApplyErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, details);
  }
}
