import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../../core/index.ts';
import { ApiStatus, pathNotFound } from '../objects/api-status.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import { type Answer, type ApiRequest, answerError, sendAnswer } from './answer.ts';
import type { RequestLog } from './request-log.ts';
import { parseTarget, type Target } from './request-path.ts';
import { serveDocument } from './serve-documents.ts';
import { serveObjects } from './serve-objects.ts';
import { serveReview } from './serve-reviews.ts';

export interface HttpOptions {
  readonly api: ObjectApi;
  readonly token: string;
  readonly requests: RequestLog;
  readonly log: Log;
  /** Aborted when the server stops: watches end. */
  readonly stopping: AbortSignal;
}

/** The HTTP server, not yet listening. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer((incoming, response) => void serve(options, incoming, response));
  server.keepAliveTimeout = 90_000;
  server.requestTimeout = 60_000;
  return server;
}

async function serve(options: HttpOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', search = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const request: ApiRequest = {
    incoming,
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(search),
    warnings: [],
  };
  const target = parseTarget(options.api.kinds, path);
  const answer = await answerRequest(options, request, target).catch((error: unknown) => {
    const refusal = answerError(error);
    if (refusal.code >= 500)
      options.log.error('control plane request failed', { method: request.method, path, error: String(error) });
    return refusal;
  });
  options.requests.add(describeRequest(request, target, answer.code));
  sendSafely(options, response, answer, request);
  incoming.resume(); // what was not read must not stall the connection
}

function sendSafely({ log }: HttpOptions, response: ServerResponse, answer: Answer, request: ApiRequest): void {
  try {
    sendAnswer(response, answer, request.warnings);
  } catch (error) {
    if (!response.headersSent) return sendAnswer(response, answerError(error), []);
    log.error('control plane answer failed', { path: request.path, error: String(error) });
    response.destroy();
  }
}

async function answerRequest(options: HttpOptions, request: ApiRequest, target: Target | null): Promise<Answer> {
  const { headers } = request.incoming;
  const isPublic = /^\/(version|healthz|readyz|livez)(\/|$)/.test(request.path);
  if (!isPublic && !isAuthorized(headers.authorization, options.token)) throw new ApiStatus(401, 'Unauthorized', 'Unauthorized');
  if (target !== null) return serveObjects(options.api, target, request, options.stopping);
  const review = await serveReview(request, String(headers['impersonate-user'] ?? 'admin'));
  if (review !== null) return review;
  const document =
    request.method === 'GET' || request.method === 'HEAD' ? serveDocument(options.api.kinds, request.path, headers.accept) : null;
  if (document === null) throw pathNotFound();
  return document;
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const given = /^Bearer +(.+)$/i.exec(header ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function describeRequest(
  { incoming, method, query }: ApiRequest,
  target: Target | null,
  code: number,
): Parameters<RequestLog['add']>[0] {
  const { headers, url: path = '' } = incoming;
  const impersonated = headers['impersonate-user'];
  return {
    verb: verbOf(method, query, target, headers['content-type']),
    method,
    path,
    userAgent: headers['user-agent'] ?? '',
    code,
    ...(typeof impersonated === 'string' && { impersonatedUser: impersonated }),
    ...(headers['content-type'] !== undefined && { contentType: headers['content-type'] }),
    ...(headers.accept !== undefined && { accept: headers.accept }),
  };
}

function verbOf(method: string, query: URLSearchParams, target: Target | null, contentType = ''): string {
  if (target === null) return method.toLowerCase();
  const isCollection = target.name === '';
  switch (method) {
    case 'GET':
      if (query.get('watch') === 'true' || query.get('watch') === '1') return 'watch';
      return isCollection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return contentType.startsWith('application/apply-patch') ? 'apply' : 'patch';
    case 'DELETE':
      return isCollection ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}
