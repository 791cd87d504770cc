import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type SourceErrorCode =
  | 'REF_NOT_FOUND'
  | 'EMPTY_REPOSITORY'
  | 'INVALID_REF'
  /** A path in an artifact that would leave it. */
  | 'ILLEGAL_PATH'
  | 'PATH_NOT_FOUND'
  | 'ARTIFACT_NOT_FOUND'
  /** What an artifact consists of was deleted or spoilt in the state folder; its source makes it again. */
  | 'ARTIFACT_LOST'
  | 'DIGEST_MISMATCH'
  /** An included artifact lacks the path that is to be copied. */
  | 'COPY_FAILED'
  /** A GitRepository that is included is missing, has no artifact, or includes this one in turn. */
  | 'INCLUDE_UNAVAILABLE'
  /** A submodule's address is refused, or its commit cannot be had. */
  | 'SUBMODULE_FAILED'
  /** The commit or tag does not carry a signature of the keys that are trusted. */
  | 'VERIFICATION_FAILED'
  /** Signatures without a key are to be verified, and nobody gave a root of trust. */
  | 'NO_TRUSTED_ROOT'
  /** An archive cannot be written: the disk is full, or not writable. */
  | 'STORAGE_FAILED'
  /** What should be an archive is none, or is cut. */
  | 'BAD_ARCHIVE'
  /** An artifact is beyond what is unpacked here. */
  | 'ARTIFACT_TOO_LARGE'
  /** The artifact is one of a bot that serves no archives. */
  | 'NOT_SERVED'
  /** Who serves the artifact does not answer, or not yet. */
  | 'SERVER_AWAY'
  /** An artifact of others cannot be downloaded. */
  | 'FETCH_FAILED'
  /** The url of a source cannot be asked. */
  | 'INVALID_URL'
  /** No tag of a registry is what is wanted, or they cannot be listed. */
  | 'TAG_NOT_FOUND'
  /** The manifest of an OCI artifact cannot be had. */
  | 'PULL_FAILED'
  /** An OCI artifact lacks the layer that is wanted. */
  | 'LAYER_FAILED'
  /** A bucket is not there, or cannot be read. */
  | 'BUCKET_FAILED';

const reasons: Readonly<Record<SourceErrorCode, string>> = {
  REF_NOT_FOUND: 'GitOperationFailed',
  EMPTY_REPOSITORY: 'EmptyGitRepository',
  INVALID_REF: 'GitOperationFailed',
  ILLEGAL_PATH: 'IllegalPath',
  PATH_NOT_FOUND: 'GitOperationFailed',
  ARTIFACT_NOT_FOUND: 'StatOperationFailed',
  ARTIFACT_LOST: 'ArtifactFailed',
  DIGEST_MISMATCH: 'ArtifactVerificationFailed',
  COPY_FAILED: 'CopyFailure',
  INCLUDE_UNAVAILABLE: 'NotFound',
  SUBMODULE_FAILED: 'GitOperationFailed',
  VERIFICATION_FAILED: 'VerificationError',
  NO_TRUSTED_ROOT: 'NotImplemented',
  STORAGE_FAILED: 'ArchiveOperationFailed',
  BAD_ARCHIVE: 'ArchiveOperationFailed',
  ARTIFACT_TOO_LARGE: 'ArchiveOperationFailed',
  NOT_SERVED: 'ArtifactFailed',
  SERVER_AWAY: 'ArtifactFailed',
  FETCH_FAILED: 'ArtifactFailed',
  INVALID_URL: 'URLInvalid',
  TAG_NOT_FOUND: 'ReadOperationFailed',
  PULL_FAILED: 'OCIArtifactPullFailed',
  LAYER_FAILED: 'OCIArtifactLayerOperationFailed',
  BUCKET_FAILED: 'BucketOperationFailed',
};

/** What making and keeping artifacts can fail with; `reason` is the condition reason users of Flux know. */
export class SourceError extends TagalongError<SourceErrorCode> {
  constructor(code: SourceErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: reasons[code], ...details });
  }
}
