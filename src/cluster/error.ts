import { type ErrorDetails, TagalongError } from '../core/index.ts';

export type ClusterErrorCode =
  /** The object, its namespace or its kind is not there. */
  | 'NOT_FOUND'
  /** Somebody changed it meanwhile, owns the field, or a precondition (uid, resourceVersion) does not hold. */
  | 'CONFLICT'
  | 'ALREADY_EXISTS'
  /** The server understood the object and refuses what it says (schema, validation, admission). */
  | 'INVALID'
  | 'FORBIDDEN'
  | 'UNAUTHORIZED'
  /** The resourceVersion or the list's continuation expired. */
  | 'GONE'
  | 'TOO_MANY_REQUESTS'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  /** The kind does not support the verb, or the kubeconfig asks for something that is not spoken here. */
  | 'UNSUPPORTED'
  | 'SERVER_ERROR'
  /** The kubeconfig cannot be read or lacks something. */
  | 'KUBECONFIG_INVALID'
  /** The credentials could not be obtained (token file, exec plugin). */
  | 'CREDENTIALS_UNAVAILABLE';

/** One entry of the server's `Status.details.causes`. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface ClusterErrorDetails extends ErrorDetails {
  readonly causes?: readonly StatusCause[];
}

/** A refusal of a Kubernetes API. `message` is the server's, `reason` its `Status.reason` (absent where the server gave none). */
export class ClusterError extends TagalongError<ClusterErrorCode> {
  readonly causes: readonly StatusCause[];

  constructor(code: ClusterErrorCode, message: string, details: ClusterErrorDetails = {}) {
    super(code, message, details);
    this.causes = details.causes ?? [];
  }
}
