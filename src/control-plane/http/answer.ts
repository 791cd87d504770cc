import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiStatus } from '../objects/api-status.ts';

/** A request with what was read from its line and headers. */
export interface ApiRequest {
  readonly incoming: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly warnings: string[];
}

/** An answer to be written; `stream` takes over the response instead. */
export type Answer =
  | { readonly code: number; readonly body: unknown; readonly contentType?: string }
  | { readonly code: 200; readonly stream: (response: ServerResponse) => void };

export function ok(body: unknown): Answer {
  return { code: 200, body };
}

/** Writes the answer with the warnings that the request earned. */
export function sendAnswer(response: ServerResponse, answer: Answer, warnings: readonly string[]): void {
  for (const warning of warnings)
    response.appendHeader('warning', `299 - ${JSON.stringify(warning).replaceAll(/[^\x20-\x7e]/g, '?')}`);
  response.setHeader('cache-control', 'no-cache, private');
  if ('stream' in answer) return answer.stream(response);
  const isText = typeof answer.body === 'string';
  response.writeHead(answer.code, {
    'content-type': answer.contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json'),
  });
  response.end(isText ? answer.body : JSON.stringify(answer.body));
}

/** What is thrown as an answer; what nobody expected becomes a 500 that says so. */
export function answerError(error: unknown): Answer & { readonly body: unknown } {
  const status =
    error instanceof ApiStatus
      ? error
      : new ApiStatus(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`);
  return { code: status.httpCode, body: status.toBody() };
}
