import { type ErrorDetails, TagalongError } from '../core/index.ts';

/**
 * - BUCKET_MISSING: there is no bucket of that name.
 * - BUCKET_REFUSED: the storage does not let us in.
 * - READ_FAILED: the storage does not answer, or not what was asked for.
 * - INVALID_SECRET: a Secret lacks what the provider needs.
 * - STS_FAILED: the service that gives temporary credentials gave none.
 */
export type BucketErrorCode = 'BUCKET_MISSING' | 'BUCKET_REFUSED' | 'READ_FAILED' | 'INVALID_SECRET' | 'STS_FAILED';

const reasons: Readonly<Record<BucketErrorCode, string>> = {
  BUCKET_MISSING: 'BucketOperationFailed',
  BUCKET_REFUSED: 'BucketOperationFailed',
  READ_FAILED: 'BucketOperationFailed',
  INVALID_SECRET: 'AuthenticationFailed',
  STS_FAILED: 'AuthenticationFailed',
};

/** What reading a bucket can fail with; `reason` is the condition reason users of Flux know. */
export class BucketError extends TagalongError<BucketErrorCode> {
  constructor(code: BucketErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: reasons[code], ...details });
  }
}
