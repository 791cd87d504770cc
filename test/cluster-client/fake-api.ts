import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: RecordedRequest, response: ServerResponse) => void;

/** A server that speaks HTTP as an API server does, answers by `routes` (`METHOD path`, exact), and remembers what it was asked. */
export interface FakeApi extends AsyncDisposable {
  readonly url: string;
  readonly requests: RecordedRequest[];
  readonly routes: Map<string, Answer>;
  /** How many connections were opened so far. */
  connections(): number;
  requestsTo(route: string): RecordedRequest[];
}

export const discovery: Readonly<Record<string, Answer>> = {
  'GET /api/v1': json(200, {
    kind: 'APIResourceList',
    resources: [
      { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get', 'list', 'watch', 'patch'] },
      { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['get', 'list', 'watch', 'patch'] },
      { name: 'namespaces/status', kind: 'Namespace', namespaced: false, verbs: ['get', 'patch'] },
    ],
  }),
  'GET /apis/apps/v1': json(200, {
    kind: 'APIResourceList',
    resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get', 'list', 'watch', 'patch'] }],
  }),
};

export async function startFakeApi(routes: Readonly<Record<string, Answer>> = {}): Promise<FakeApi> {
  const table = new Map(Object.entries({ ...discovery, ...routes }));
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://fake');
      const { method = '', headers } = incoming;
      const recorded = {
        method,
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(recorded);
      (table.get(`${method} ${url.pathname}`) ?? pathUnknown)(recorded, response);
    });
  });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    routes: table,
    connections: () => connections,
    requestsTo: (route) => requests.filter(({ method, path }) => `${method} ${path}` === route),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const pathUnknown: Answer = (_request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
};

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** A refusal as API servers write it. */
export function refusal(code: number, reason: string, message: string, details: unknown = {}): Answer {
  return json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, details });
}

/** Answers with each in turn; the last one stays. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let calls = 0;
  return (request, response) => {
    const answer = answers[Math.min(calls, answers.length - 1)];
    calls += 1;
    answer?.(request, response);
  };
}

/** A watch's answer: these events, then an orderly end, or (`stays`) silence. */
export function watchOf(events: readonly unknown[], end: 'ends' | 'stays' | 'breaks' = 'stays'): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
    if (end === 'ends') response.end();
    if (end === 'breaks') setImmediate(() => response.destroy());
  };
}
