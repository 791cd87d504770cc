import { type DispatchParts, dispatch } from './dispatch.ts';
import { ClusterError } from './error.ts';
import { type Outcome, type RepeatParts, repeatRequest } from './repeat-request.ts';
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

export interface TransportParts extends DispatchParts, RepeatParts {
  /** Deadline of one attempt, from sending to the last byte. */
  readonly requestTimeoutMs: number;
}

export function createTransport(parts: TransportParts): Transport {
  return {
    server: parts.server,
    send: (request) => send(parts, request),
    stream: (request, idleMs) => openStream(parts, request, idleMs),
    close: () => parts.pools.close(),
  };
}

async function send(parts: TransportParts, request: ApiRequest): Promise<unknown> {
  const attempt = describeAttempt(parts, request);
  const outcome = await repeatRequest(parts, {
    request,
    attempt,
    once: async (credentials) => {
      using deadline = startDeadline(parts.requestTimeoutMs);
      const signal = request.signal === undefined ? deadline.signal : AbortSignal.any([request.signal, deadline.signal]);
      const answer = await dispatch(parts, request, credentials, { use: 'requests', signal, idleMs: parts.requestTimeoutMs });
      return { answer, text: await answer.body.text() };
    },
  });
  reportWarnings(parts, attempt, outcome);
  return parseAnswer(outcome.text, attempt);
}

/** As `AbortSignal.timeout`, which would be kept for the whole minute after an answer that took a millisecond. */
function startDeadline(ms: number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException('the deadline has passed', 'TimeoutError')), ms);
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

async function openStream(parts: TransportParts, request: ApiRequest, idleMs: number): Promise<ApiStream> {
  const attempt = describeAttempt(parts, request);
  const { answer } = await repeatRequest(parts, {
    request,
    attempt,
    once: async (credentials) => {
      const answer = await dispatch(parts, request, credentials, { use: 'streams', signal: request.signal, idleMs });
      return { answer, text: answer.statusCode < 300 ? '' : await answer.body.text() };
    },
  });
  return { chunks: translated(answer.body, attempt, request.signal) };
}

async function* translated(
  chunks: AsyncIterable<Buffer>,
  attempt: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    throw translateFailure(error, attempt, signal);
  }
}

function parseAnswer(text: string, attempt: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClusterError('SERVER_ERROR', `${attempt}: the server's answer is not JSON`, { cause });
  }
}

function reportWarnings({ log }: TransportParts, attempt: string, { answer }: Outcome): void {
  const warning = answer.headers['warning'];
  if (warning !== undefined) log.debug('the API server warned', { attempt, warning });
}

function describeAttempt({ server }: TransportParts, { method, path }: ApiRequest): string {
  return `${method} ${server}${path}`;
}
