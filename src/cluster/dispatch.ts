import type { Instant } from '../core/index.ts';
import type { RequestCredentials } from './credentials.ts';
import type { Pools, PoolUse } from './pools.ts';
import { readServerTime } from './server-time.ts';
import type { ApiRequest } from './transport.ts';

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer> & { text(): Promise<string> };
}

export type OnRequest = (request: SentRequest) => void;

export interface SentRequest {
  readonly method: string;
  readonly host: string;
  /** The HTTP status, or `<error>` where there was no answer, as client-go counts it. */
  readonly code: string;
  /** The server's clock when it answered, to the second; null where it does not say. */
  readonly serverTime: Instant | null;
}

export interface DispatchParts {
  readonly server: string;
  readonly pools: Pools;
  readonly userAgent: string;
  /** Whom the kubeconfig itself acts for; a request may name somebody else. */
  readonly impersonateUser?: string;
  readonly onRequest?: OnRequest;
}

export interface DispatchLimits {
  readonly use: PoolUse;
  readonly signal: AbortSignal | undefined;
  /** Longest silence before the first and between two bytes. */
  readonly idleMs: number;
}

/** Sends one request, once. Rejects with whatever the connection failed with; any answer is an answer. */
export async function dispatch(
  parts: DispatchParts,
  request: ApiRequest,
  credentials: RequestCredentials,
  limits: DispatchLimits,
): Promise<Answer> {
  const { method } = request;
  const tell = (code: string, serverTime: Instant | null) =>
    parts.onRequest?.({ method, host: new URL(parts.server).host, code, serverTime });
  try {
    const answer = await sendOnce(parts, request, credentials, limits);
    tell(String(answer.statusCode), readServerTime(answer.headers));
    return answer;
  } catch (error) {
    tell('<error>', null);
    throw error;
  }
}

function sendOnce(
  parts: DispatchParts,
  request: ApiRequest,
  credentials: RequestCredentials,
  { use, signal, idleMs }: DispatchLimits,
): Promise<Answer> {
  const { origin, pathname } = new URL(parts.server);
  return parts.pools.for(credentials.certificate, use).request({
    origin,
    path: `${pathname === '/' ? '' : pathname}${request.path}${renderQuery(request.query)}`,
    method: request.method,
    headers: headersOf(parts, request, credentials),
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

function headersOf(parts: DispatchParts, request: ApiRequest, { authorization }: RequestCredentials): Record<string, string> {
  const impersonateUser = request.impersonateUser ?? parts.impersonateUser;
  return {
    accept: request.accept ?? 'application/json',
    'user-agent': parts.userAgent,
    ...(authorization === undefined ? {} : { authorization }),
    ...(impersonateUser === undefined ? {} : { 'impersonate-user': impersonateUser }),
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
  };
}

function renderQuery(query: ApiRequest['query']): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}
