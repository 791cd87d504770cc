import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../core/index.ts';
import type { Call } from './call.ts';
import { ReceiveError } from './error.ts';

// Not imported: that evaluates all it exports, Node's whole `fetch` among it, which is 13 MiB that nobody here uses.
const { createServer } = process.getBuiltinModule('node:http');

/** Answers a call of a path with a status code; never more is told. */
export type WebhookHandler = (path: string, call: Call) => Promise<number>;

export interface WebhookServer extends AsyncDisposable {
  readonly url: string;
}

export interface WebhookServerOptions {
  readonly host: string;
  readonly port: number;
  readonly handle: WebhookHandler;
  /** Told of each answer, for metrics. */
  readonly onAnswer?: (status: number) => void;
}

const maxBodyBytes = 3 * 1024 * 1024;
const maxHeaderSize = 256 * 1024;
const headersTimeout = 10_000;
const requestTimeout = 30_000;
/** Bodies are held in memory: so many at a time, and no more. */
const maxCalls = 64;

/** The listener for webhooks, apart from all others. Rejects with LISTEN_FAILED where the address cannot be had. */
export async function serveWebhooks({ host, port, handle, onAnswer = () => {} }: WebhookServerOptions): Promise<WebhookServer> {
  let calls = 0;
  const server = createServer({ maxHeaderSize, headersTimeout, requestTimeout }, (request, response) => {
    calls += 1;
    respond(request, calls > maxCalls ? null : handle)
      .then((status) => {
        onAnswer(status);
        answer(response, status);
      })
      .catch(() => response.destroy())
      .finally(() => {
        calls -= 1;
      });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve)).catch((cause) => {
    throw new ReceiveError('LISTEN_FAILED', `serving webhooks at ${host}:${port}: ${errorMessage(cause)}`, { cause });
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(request: IncomingMessage, handle: WebhookHandler | null): Promise<number> {
  if (handle === null) return 503;
  const body = await readBody(request);
  if (body === null) return 413;
  const header = (name: string) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  // A query makes it another path, as in Flux.
  return handle(request.url ?? '', { header, body }).catch(() => 500);
}

/** Null where it is too large; the rest is then not read. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number): void {
  const headers = { 'content-length': 0, 'cache-control': 'no-store', ...(status === 429 && { 'retry-after': '1' }) };
  response.writeHead(status, status === 413 || status === 503 ? { ...headers, connection: 'close' } : headers).end();
}
