import type { Clock, Log } from '../core/index.ts';
import type { Credentials, RequestCredentials } from './credentials.ts';
import { ClusterError } from './error.ts';
import type { Pools } from './pools.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { statusError } from './status-error.ts';
import { translateFailure } from './translate-failure.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the server's base, each segment encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly impersonateUser?: string;
  readonly signal?: AbortSignal;
}

/** An accepted request whose answer comes in pieces. */
export interface ApiStream {
  readonly chunks: AsyncIterable<Buffer>;
}

/** One server, spoken to with our credentials: JSON in, JSON out, refusals as `ClusterError`, an abort as the signal's reason. */
export interface Transport {
  readonly server: string;
  send(request: ApiRequest): Promise<unknown>;
  /** A long answer; silence longer than `idleMs` ends it with TIMEOUT. */
  stream(request: ApiRequest, idleMs: number): Promise<ApiStream>;
  close(): Promise<void>;
}

export interface TransportParts {
  readonly server: string;
  readonly pools: Pools;
  readonly credentials: Credentials;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Deadline of one attempt, from sending to the last byte. */
  readonly requestTimeoutMs: number;
  readonly impersonateUser?: string;
}

const maxAttempts = 5;
/** A longer Retry-After goes to the caller, whose queue waits better than an open request. */
const maxInlineWaitMs = 15_000;

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer> & { text(): Promise<string> };
}

/** Sends over the pools, repeating what the server asked to repeat (429, Retry-After), once a refused token, once a connection that went away. */
export function createTransport(parts: TransportParts): Transport {
  const { server, pools, clock, log } = parts;
  const attemptText = (request: ApiRequest) => `${request.method} ${server}${request.path}`;
  return {
    server,
    close: () => pools.close(),
    async send(request) {
      const { text, answer } = await repeat(parts, request, async (credentials) => {
        const deadline = AbortSignal.timeout(parts.requestTimeoutMs);
        const answer = await dispatch(parts, request, credentials, {
          signal: anyOf(request.signal, deadline),
          idleMs: parts.requestTimeoutMs,
        });
        return { answer, text: await answer.body.text() };
      });
      reportWarnings(log, attemptText(request), answer);
      try {
        return JSON.parse(text);
      } catch (cause) {
        throw new ClusterError('SERVER_ERROR', `${attemptText(request)}: the server's answer is not JSON`, { cause });
      }
    },
    async stream(request, idleMs) {
      const { answer } = await repeat(parts, request, async (credentials) => {
        const answer = await dispatch(parts, request, credentials, { signal: request.signal, idleMs });
        return { answer, text: answer.statusCode < 300 ? '' : await answer.body.text() };
      });
      return { chunks: translated(answer.body, attemptText(request), request.signal) };
    },
  };

  async function* translated(chunks: AsyncIterable<Buffer>, attempt: string, signal: AbortSignal | undefined) {
    try {
      yield* chunks;
    } catch (error) {
      throw translateFailure(error, attempt, signal);
    }
  }

  async function repeat(
    { credentials }: TransportParts,
    request: ApiRequest,
    once: (credentials: RequestCredentials) => Promise<{ answer: Answer; text: string }>,
  ): Promise<{ answer: Answer; text: string }> {
    let [renewed, reconnected] = [false, false];
    for (let attempt = 1; ; attempt += 1) {
      request.signal?.throwIfAborted();
      const current = await credentials.current();
      let outcome: { answer: Answer; text: string };
      try {
        outcome = await once(current);
      } catch (thrown) {
        const failure = translateFailure(thrown, attemptText(request), request.signal);
        // A kept-alive connection may have been closed while we sent; what can be repeated without harm is, once.
        if (reconnected || !isRepeatable(request) || !(failure instanceof ClusterError) || !isReset(thrown)) throw failure;
        reconnected = true;
        continue;
      }
      if (outcome.answer.statusCode < 300) return outcome;
      const retryAfterMs = parseRetryAfterMs(outcome.answer.headers['retry-after'], clock.now());
      const error = statusError(outcome.answer.statusCode, outcome.text, attemptText(request), retryAfterMs);
      if (error.code === 'UNAUTHORIZED' && !renewed && credentials.renew()) {
        renewed = true;
        continue;
      }
      const waitMs = waitBeforeRepeat(error, retryAfterMs, attempt);
      if (waitMs === null || attempt >= maxAttempts) throw error;
      log.debug('the API server asked to wait', { attempt: attemptText(request), waitMs });
      await clock.sleep(waitMs, request.signal);
    }
  }
}

async function dispatch(
  { server, pools, userAgent, impersonateUser: ownImpersonation }: TransportParts,
  request: ApiRequest,
  credentials: RequestCredentials,
  { signal, idleMs }: { signal: AbortSignal | undefined; idleMs: number },
): Promise<Answer> {
  const impersonateUser = request.impersonateUser ?? ownImpersonation;
  const { origin, pathname } = new URL(server);
  return pools.for(credentials.certificate).request({
    origin,
    path: `${pathname === '/' ? '' : pathname}${request.path}${renderQuery(request.query)}`,
    method: request.method,
    headers: {
      accept: request.accept ?? 'application/json',
      'user-agent': userAgent,
      ...(credentials.authorization === undefined ? {} : { authorization: credentials.authorization }),
      ...(impersonateUser === undefined ? {} : { 'impersonate-user': impersonateUser }),
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    },
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function renderQuery(query: ApiRequest['query']): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function anyOf(signal: AbortSignal | undefined, deadline: AbortSignal): AbortSignal {
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}

function waitBeforeRepeat(error: ClusterError, retryAfterMs: number | null, attempt: number): number | null {
  if (retryAfterMs === null && error.code !== 'TOO_MANY_REQUESTS') return null;
  const waitMs = retryAfterMs ?? 500 * 2 ** attempt;
  // Jitter above, never below: the server said not before.
  return waitMs > maxInlineWaitMs ? null : waitMs * (1 + Math.random() * 0.2);
}

// A forced server-side apply is as repeatable as a read; a create or a JSON patch is not.
function isRepeatable(request: ApiRequest): boolean {
  return request.method === 'GET' || (request.method === 'PATCH' && request.contentType === 'application/apply-patch+yaml');
}

function isReset(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

function reportWarnings(log: Log, attempt: string, { headers }: Answer): void {
  const warning = headers['warning'];
  if (warning !== undefined) log.debug('the API server warned', { attempt, warning });
}
