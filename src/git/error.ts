import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type GitErrorCode =
  /** The remote's address, name, TLS or service did not work; also a remote that is overloaded. */
  | 'UNREACHABLE'
  | 'AUTHENTICATION_FAILED'
  /** The remote's ssh host key is not the one in known_hosts. */
  | 'HOST_KEY'
  | 'REPOSITORY_NOT_FOUND'
  | 'EMPTY_REPOSITORY'
  | 'REF_NOT_FOUND'
  | 'OBJECT_NOT_FOUND'
  | 'TIMEOUT'
  | 'ABORTED'
  /** The mirror in the state folder is damaged; the next fetch rebuilds it. */
  | 'CORRUPT_MIRROR'
  /** A URL, credential, ref or path that cannot be handed to git safely. */
  | 'REFUSED_URL'
  | 'REFUSED_CREDENTIALS'
  | 'REFUSED_REF'
  | 'REFUSED_PATH'
  | 'NOT_FAST_FORWARD'
  | 'TOO_LARGE'
  /** A signature, or a key to check it with, is missing, broken, or not of whom it has to be. */
  | 'BAD_SIGNATURE'
  /** The disk that holds the mirrors is full, or its quota used up. */
  | 'DISK_FULL'
  /** The remote wants something that is not supported: SHA-256 objects, a shallow fetch over dumb HTTP. */
  | 'UNSUPPORTED'
  | 'GIT_FAILED';

const stalling: ReadonlySet<GitErrorCode> = new Set<GitErrorCode>([
  'REFUSED_URL',
  'REFUSED_CREDENTIALS',
  'REFUSED_REF',
  'UNSUPPORTED',
]);

/** Everything that reading, writing and pushing git can fail with; no message carries a secret. */
export class GitError extends TagalongError<GitErrorCode> {
  constructor(code: GitErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: reasonOf(code), retry: stalling.has(code) ? 'never' : 'backoff', ...details });
  }
}

function reasonOf(code: GitErrorCode): string {
  if (code === 'REFUSED_URL') return 'URLInvalid';
  return code === 'EMPTY_REPOSITORY' ? 'EmptyGitRepository' : 'GitOperationFailed';
}
