import { type ErrorDetails, errorMessage, TagalongError } from '../core/index.ts';

/**
 * - PATH_MISSING: the artifact has no such directory.
 * - NOTHING_TO_BUILD: the directory holds no object.
 * - MANIFEST_INVALID: files that are no Kubernetes objects; the message names each place.
 * - PATH_REFUSED: a kustomization file asks for something outside of the artifact, or for what is never run here.
 * - KUSTOMIZE_MISSING: there is no kustomize to run.
 * - KUSTOMIZE_FAILED: kustomize said no; the message is its own.
 * - SUBSTITUTION_FAILED: variables could not be replaced; the message names each object.
 * - DECRYPTION_FAILED: something encrypted could not be decrypted; the message names the file or the object.
 * - TOO_LARGE: more files, bytes or nodes than a build may have.
 * - TIMEOUT: kustomize took too long.
 */
export type BuildErrorCode =
  | 'PATH_MISSING'
  | 'NOTHING_TO_BUILD'
  | 'MANIFEST_INVALID'
  | 'PATH_REFUSED'
  | 'KUSTOMIZE_MISSING'
  | 'KUSTOMIZE_FAILED'
  | 'SUBSTITUTION_FAILED'
  | 'DECRYPTION_FAILED'
  | 'TOO_LARGE'
  | 'TIMEOUT';

/** An artifact's path that yields no objects. Carries the reason that users of Flux know: BuildFailed, or ArtifactFailed for a missing path. */
export class BuildError extends TagalongError<BuildErrorCode> {
  constructor(code: BuildErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: code === 'PATH_MISSING' ? 'ArtifactFailed' : 'BuildFailed', ...details });
  }
}

/**
 * An error with what was attempted before its message; code, retry policy and reason stay those of a `BuildError`, and for others it is
 * DECRYPTION_FAILED. What was stopped stays as it is.
 */
export function messageFor(
  error: unknown,
  describe: (message: string) => string,
  { keepCause }: { readonly keepCause: boolean } = { keepCause: true },
): unknown {
  if (error instanceof TagalongError && error.code === 'ABORTED') return error;
  const code = error instanceof BuildError ? error.code : 'DECRYPTION_FAILED';
  const retry = error instanceof TagalongError ? { retry: error.retry } : {};
  const reason = error instanceof TagalongError && error.reason !== undefined ? { reason: error.reason } : {};
  return new BuildError(code, describe(errorMessage(error)), { ...retry, ...reason, ...(keepCause && { cause: error }) });
}
