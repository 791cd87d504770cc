import { errorMessage } from '../core/index.ts';
import { ClusterError } from './error.ts';

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** What a failed exchange means: the caller's own abort reason, TIMEOUT, or UNREACHABLE naming the attempt. */
export function translateFailure(thrown: unknown, attempt: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (thrown instanceof ClusterError) return thrown;
  const isTimeout = thrown instanceof Error && (thrown.name === 'TimeoutError' || timeoutCodes.has(codeOf(thrown)));
  return new ClusterError(
    isTimeout ? 'TIMEOUT' : 'UNREACHABLE',
    isTimeout ? `${attempt}: the server did not answer in time` : `${attempt}: ${describe(thrown)}`,
    { cause: thrown },
  );
}

/** True when the connection went away, as a kept-alive one may at any time. */
export function isReset(thrown: unknown): boolean {
  const code = thrown instanceof Error ? codeOf(thrown) : '';
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

// A host with several addresses fails with an AggregateError, whose own message is empty.
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return thrown.errors.map(errorMessage).join('; ');
  return errorMessage(thrown) || (thrown instanceof Error ? codeOf(thrown) : '') || 'the connection failed';
}
