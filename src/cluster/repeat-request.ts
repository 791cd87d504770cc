import type { Clock, Log } from '../core/index.ts';
import type { Credentials, RequestCredentials } from './credentials.ts';
import type { Answer } from './dispatch.ts';
import { ClusterError } from './error.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { readServerTime } from './server-time.ts';
import { statusError } from './status-error.ts';
import { isReset, translateFailure } from './translate-failure.ts';
import type { ApiRequest } from './transport.ts';

export interface RepeatParts {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly log: Log;
}

/** An answer, and its text where it was read. */
export interface Outcome {
  readonly answer: Answer;
  readonly text: string;
}

/** `attempt` names the request in messages: `GET https://…`. */
export interface Attempt {
  readonly request: ApiRequest;
  readonly attempt: string;
  readonly once: (credentials: RequestCredentials) => Promise<Outcome>;
}

const maxAttempts = 5;
/** A longer Retry-After goes to the caller, whose queue waits better than an open request. */
const maxInlineWaitMs = 15_000;

/** What was repeated already; each of these helps once. */
interface Repeated {
  renewed: boolean;
  reconnected: boolean;
}

/**
 * Resolves with an accepted answer. Repeats what the server asked to repeat (429, Retry-After), once with new credentials, once
 * over a new connection; every other refusal or failure is thrown as `ClusterError`, an abort as the signal's reason.
 */
export async function repeatRequest(parts: RepeatParts, work: Attempt): Promise<Outcome> {
  const repeated: Repeated = { renewed: false, reconnected: false };
  for (let count = 1; ; count += 1) {
    const outcome = await tryOnce(parts, work, repeated);
    if (outcome === null) continue;
    if (outcome.answer.statusCode < 300) return outcome;
    const waitMs = waitBeforeRepeat(parts, { work, outcome, repeated, count });
    if (waitMs > 0) parts.log.debug('the API server asked to wait', { attempt: work.attempt, waitMs });
    if (waitMs > 0) await parts.clock.sleep(waitMs, work.request.signal);
  }
}

// Null when the connection broke and another one may do better.
async function tryOnce(
  { credentials }: RepeatParts,
  { request, attempt, once }: Attempt,
  repeated: Repeated,
): Promise<Outcome | null> {
  request.signal?.throwIfAborted();
  const current = await credentials.current();
  try {
    return await once(current);
  } catch (thrown) {
    const failure = translateFailure(thrown, attempt, request.signal);
    // A kept-alive connection may have been closed while we sent; what can be repeated without harm is.
    const mayRepeat = !repeated.reconnected && isRepeatable(request) && failure instanceof ClusterError && isReset(thrown);
    if (!mayRepeat) throw failure;
    repeated.reconnected = true;
    return null;
  }
}

interface Refused {
  readonly work: Attempt;
  readonly outcome: Outcome;
  readonly repeated: Repeated;
  readonly count: number;
}

/** Milliseconds until the next attempt; throws the refusal where there is to be none. */
function waitBeforeRepeat({ clock, credentials }: RepeatParts, { work, outcome, repeated, count }: Refused): number {
  const { statusCode, headers } = outcome.answer;
  // A date is one of the server's clock, which may be hours from ours.
  const retryAfterMs = parseRetryAfterMs(headers['retry-after'], readServerTime(headers) ?? clock.now());
  const error = statusError(statusCode, outcome.text, work.attempt, retryAfterMs);
  if (error.code === 'UNAUTHORIZED' && !repeated.renewed && credentials.renew()) {
    repeated.renewed = true;
    return 0;
  }
  const isAsked = retryAfterMs !== null || error.code === 'TOO_MANY_REQUESTS';
  const asked = isAsked ? retryAfterMs || 500 * 2 ** count : null;
  if (asked === null || asked > maxInlineWaitMs || count >= maxAttempts) throw error;
  // Jitter above, never below: the server said not before.
  return asked * (1 + Math.random() * 0.2);
}

// A server-side apply is as repeatable as a read; a create or a JSON patch is not.
function isRepeatable({ method, contentType }: ApiRequest): boolean {
  return method === 'GET' || (method === 'PATCH' && contentType === 'application/apply-patch+yaml');
}
