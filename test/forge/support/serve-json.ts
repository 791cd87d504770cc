import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from './forge-state.ts';

export interface JsonRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
}

export interface JsonAnswer {
  readonly status?: number;
  readonly body?: unknown;
}

export interface JsonServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly JsonRequest[];
  /** The next request that matches is answered so, once. */
  failNext(match: (request: JsonRequest) => boolean, refusal: Refusal): void;
}

/** An HTTP server on loopback that answers in JSON; a Refusal thrown becomes its status. */
export async function serveJson(
  answer: (request: JsonRequest) => Promise<JsonAnswer>,
  describeRefusal: (refusal: Refusal) => unknown,
): Promise<JsonServer> {
  const requests: JsonRequest[] = [];
  const failures: { match: (request: JsonRequest) => boolean; refusal: Refusal }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const text = Buffer.concat(chunks).toString();
    const request: JsonRequest = {
      ...{ method: incoming.method ?? '', path: decodeURIComponent(url.pathname), query: url.searchParams },
      ...{ body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), headers: incoming.headers },
    };
    requests.push(request);
    const send = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      outgoing
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
        .end(body === undefined ? '' : JSON.stringify(body));
    try {
      const planned = failures.findIndex(({ match }) => match(request));
      const [failure] = planned < 0 ? [] : failures.splice(planned, 1);
      if (failure !== undefined) throw failure.refusal;
      const { status = 200, body } = await answer(request);
      send(status, body);
    } catch (error) {
      if (error instanceof Refusal) send(error.status, describeRefusal(error), error.headers);
      else send(500, { message: String(error) });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failNext: (match, refusal) => void failures.push({ match, refusal }),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
