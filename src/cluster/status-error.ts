import type { RetryPolicy } from '../core/index.ts';
import { ClusterError, type ClusterErrorCode, type StatusCause } from './error.ts';

/** What is read of a `metav1.Status`. */
interface Status {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly causes?: unknown; readonly retryAfterSeconds?: unknown };
}

const codesByReason: Readonly<Record<string, ClusterErrorCode>> = {
  AlreadyExists: 'ALREADY_EXISTS',
  Expired: 'GONE',
  Gone: 'GONE',
  Timeout: 'TIMEOUT',
  ServerTimeout: 'TIMEOUT',
};

const codesByHttpStatus: Readonly<Record<number, ClusterErrorCode>> = {
  400: 'INVALID',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'UNSUPPORTED',
  406: 'UNSUPPORTED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  410: 'GONE',
  413: 'INVALID',
  415: 'UNSUPPORTED',
  422: 'INVALID',
  429: 'TOO_MANY_REQUESTS',
  504: 'TIMEOUT',
};

/**
 * The error for a refused request. `attempt` says what was asked (`GET https://…`) and stands in the message only where the
 * server sent no `Status` of its own; `retryAfterMs` is its Retry-After header.
 */
export function statusError(httpStatus: number, body: string, attempt: string, retryAfterMs: number | null): ClusterError {
  const status = parseStatus(body);
  const reason = typeof status?.reason === 'string' && status.reason !== '' ? status.reason : undefined;
  const code =
    (reason === undefined ? undefined : codesByReason[reason]) ?? codesByHttpStatus[httpStatus] ?? otherCode(httpStatus);
  const message =
    typeof status?.message === 'string' && status.message !== ''
      ? cleanText(status.message, 8192)
      : `${attempt}: the server answered ${httpStatus}${body.trim() === '' ? '' : `: ${cleanText(body.trim(), 200)}`}`;
  // "At once" is none: whoever is refused again and again backs off.
  const retry: RetryPolicy = retryAfterMs ? { afterMs: Math.min(retryAfterMs, longestWaitMs) } : 'backoff';
  return new ClusterError(code, message, { retry, causes: parseCauses(status), ...(reason === undefined ? {} : { reason }) });
}

/** Nobody is kept waiting for longer by a server's word alone. */
const longestWaitMs = 5 * 60_000;

/** The error that a watch sends as its last event. */
export function watchStatusError(object: unknown, attempt: string): ClusterError {
  const status = (typeof object === 'object' && object !== null ? object : {}) as Status;
  const httpStatus = typeof status.code === 'number' ? status.code : 500;
  return statusError(httpStatus, JSON.stringify({ ...status, kind: 'Status' }), attempt, null);
}

function otherCode(httpStatus: number): ClusterErrorCode {
  return httpStatus >= 500 ? 'SERVER_ERROR' : 'INVALID';
}

function parseStatus(body: string): Status | null {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null && (parsed as Status).kind === 'Status' ? (parsed as Status) : null;
  } catch {
    return null;
  }
}

function parseCauses(status: Status | null): StatusCause[] {
  const causes = status?.details?.causes;
  if (!Array.isArray(causes)) return [];
  return causes.filter((cause): cause is StatusCause => typeof cause === 'object' && cause !== null);
}

// A server's text may quote what somebody wrote into an object; it must not steer a terminal. Newlines and tabs stay.
function cleanText(text: string, maxLength: number): string {
  const clean = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
