import { describeObject, errorMessage, type KubeObject, TagalongError } from '../core/index.ts';
import { ApplyError, type ApplyErrorCode } from './error.ts';

/** The error for a failed dry run, in the words users of Flux know: `<Kind/ns/name> dry-run failed (<Reason>): <server's text>`. */
export function dryRunFailure(object: KubeObject, thrown: unknown): ApplyError {
  const what = describeObject(object);
  if (thrown instanceof TagalongError && thrown.code === 'NOT_FOUND' && thrown.reason === 'NotFound') {
    const lacks = object.metadata.namespace ? 'not found' : 'namespace not specified';
    return failure('DRY_RUN_FAILED', `${what} ${lacks}: ${errorMessage(thrown)}`, thrown);
  }
  const reason = reasonOf(thrown);
  return failure(
    'DRY_RUN_FAILED',
    `${what} dry-run failed${reason === '' ? '' : ` (${reason})`}: ${errorMessage(thrown)}`,
    thrown,
  );
}

/** The error for an apply that failed after its dry run had passed. */
export function applyFailure(object: KubeObject, thrown: unknown): ApplyError {
  return failure('APPLY_FAILED', `${describeObject(object)} apply failed: ${errorMessage(thrown)}`, thrown);
}

/** The error for an object that had to be recreated and could not be deleted. */
export function recreateFailure(object: KubeObject, thrown: unknown): ApplyError {
  const text = `${describeObject(object)} immutable field detected, failed to delete object: ${errorMessage(thrown)}`;
  return failure('IMMUTABLE_FIELD', text, thrown);
}

/** The error for a clean-up of other managers' entries that the server refused. */
export function cleanupFailure(object: KubeObject, thrown: unknown): ApplyError {
  return failure(
    'CLEANUP_FAILED',
    `${describeObject(object)} metadata.managedFields cleanup failed: ${errorMessage(thrown)}`,
    thrown,
  );
}

/** One error for all deletes that failed: every stale object was attempted. */
export function pruneFailure(errors: readonly unknown[]): ApplyError {
  return failure(
    'PRUNE_FAILED',
    `delete failed, errors: ${errors.map((error) => `${errorMessage(error)};`).join('')}`,
    errors[0],
  );
}

function failure(code: ApplyErrorCode, message: string, cause: unknown): ApplyError {
  const retry = cause instanceof TagalongError ? cause.retry : 'backoff';
  return new ApplyError(code, message, { cause, retry });
}

function reasonOf(thrown: unknown): string {
  if (hasManagerConflict(thrown)) return 'FieldManagerConflict';
  return thrown instanceof TagalongError ? (thrown.reason ?? '') : '';
}

function hasManagerConflict(thrown: unknown): boolean {
  const causes = thrown instanceof Error && 'causes' in thrown ? thrown.causes : undefined;
  return Array.isArray(causes) && causes.some((cause: { reason?: unknown }) => cause?.reason === 'FieldManagerConflict');
}
