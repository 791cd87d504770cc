import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
}

/** What becomes of a request. */
export type Deed =
  | 'pass'
  /** The connection ends without an answer; nothing reaches the server. */
  | 'hang-up'
  /** The server does what was asked, and its answer never arrives. */
  | 'lose-answer'
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly delayMs: number };

export interface Upstream {
  /** Without a slash at the end. */
  readonly url: string;
  /** PEM of who vouches for it. */
  readonly ca?: string;
}

/** A server in front of another that passes requests on, or does not. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** How many came so far. */
  readonly count: number;
  /** From now on this decides; `calm` ends it. */
  play(rule: (passing: Passing) => Deed): void;
  calm(): void;
  /** Ends every connection that is open, watches too. */
  drop(): void;
  /** Told of each request before it is passed on, and of each answer after it was sent. */
  listen(listener: (passing: Passing, moment: 'before' | 'after') => void): () => void;
}

export async function startFaultProxy(upstream: () => Upstream): Promise<FaultProxy> {
  let rule: (passing: Passing) => Deed = () => 'pass';
  let count = 0;
  const listeners = new Set<(passing: Passing, moment: 'before' | 'after') => void>();
  const tell = (passing: Passing, moment: 'before' | 'after') => {
    for (const listener of listeners) listener(passing, moment);
  };
  const server = createServer((incoming, outgoing) => {
    count += 1;
    const passing = { method: incoming.method ?? '', path: incoming.url ?? '' };
    tell(passing, 'before');
    outgoing.once('finish', () => tell(passing, 'after'));
    commit(rule(passing), { incoming, outgoing, upstream: upstream() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get count() {
      return count;
    },
    play: (next) => {
      rule = next;
    },
    calm: () => {
      rule = () => 'pass';
    },
    drop: () => server.closeAllConnections(),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly upstream: Upstream;
}

function commit(deed: Deed, exchange: Exchange): void {
  const { incoming, outgoing } = exchange;
  if (deed === 'pass' || deed === 'lose-answer') return forward(exchange, deed === 'lose-answer');
  if (deed === 'hang-up') return void incoming.socket.destroy();
  if ('delayMs' in deed) return void setTimeout(() => forward(exchange, false), deed.delayMs);
  incoming.resume();
  outgoing.writeHead(deed.status, { 'content-type': 'application/json', ...deed.headers }).end(deed.body ?? '');
}

function forward({ incoming, outgoing, upstream }: Exchange, isLost: boolean): void {
  const { host: _, ...headers } = incoming.headers;
  const url = new URL(`${upstream.url}${incoming.url ?? '/'}`);
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const trust = upstream.ca === undefined ? {} : { ca: upstream.ca };
  const outward = send(url, { method: incoming.method, headers, agent: false, ...trust }, (answer) => {
    if (isLost) return void answer.resume().once('end', () => incoming.socket.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.once('error', () => outgoing.destroy());
  });
  outward.once('error', () => incoming.socket.destroy());
  outgoing.once('close', () => outward.destroy());
  incoming.pipe(outward);
}
