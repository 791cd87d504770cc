import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type SourceErrorCode =
  | 'REF_NOT_FOUND'
  | 'EMPTY_REPOSITORY'
  | 'INVALID_REF'
  /** A path in an artifact that would leave it. */
  | 'ILLEGAL_PATH'
  | 'PATH_NOT_FOUND'
  | 'ARTIFACT_NOT_FOUND'
  | 'DIGEST_MISMATCH';

const reasons: Readonly<Record<SourceErrorCode, string>> = {
  REF_NOT_FOUND: 'GitOperationFailed',
  EMPTY_REPOSITORY: 'EmptyGitRepository',
  INVALID_REF: 'GitOperationFailed',
  ILLEGAL_PATH: 'IllegalPath',
  PATH_NOT_FOUND: 'GitOperationFailed',
  ARTIFACT_NOT_FOUND: 'StatOperationFailed',
  DIGEST_MISMATCH: 'ArtifactVerificationFailed',
};

/** What making and keeping artifacts can fail with; `reason` is the condition reason users of Flux know. */
export class SourceError extends TagalongError<SourceErrorCode> {
  constructor(code: SourceErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: reasons[code], ...details });
  }
}
