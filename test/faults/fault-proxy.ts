import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

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
  /** The connection stays open without an answer; nothing reaches the server. */
  | 'hang'
  /** The server does what was asked, and its answer never arrives. */
  | 'lose-answer'
  /** The server gets half of what was sent, and then both sides lose the connection. */
  | 'cut-request'
  /** Half of the first piece of the answer arrives. */
  | 'cut-answer'
  /** Something on the way changes what is sent. */
  | { readonly rewrite: (body: string) => string }
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly delayMs: number };

export interface Upstream {
  /** Without a slash at the end. */
  readonly url: string;
  /** Taken off paths that begin with it. */
  readonly prefix?: string;
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
  if (deed === 'hang') return void incoming.resume();
  if (deed === 'hang-up') return void incoming.socket.destroy();
  if (typeof deed === 'string') return forward(exchange, deed);
  if ('delayMs' in deed) return void setTimeout(() => forward(exchange, 'pass'), deed.delayMs);
  if ('rewrite' in deed) return forward(exchange, deed);
  incoming.resume();
  outgoing.writeHead(deed.status, { 'content-type': 'application/json', ...deed.headers }).end(deed.body ?? '');
}

type Way = Extract<Deed, 'pass' | 'lose-answer' | 'cut-request' | 'cut-answer' | { readonly rewrite: unknown }>;

function forward({ incoming, outgoing, upstream }: Exchange, way: Way): void {
  const { host: _, 'content-length': length, ...others } = incoming.headers;
  const headers = typeof way === 'object' || length === undefined ? others : { ...others, 'content-length': length };
  const { url: base, prefix = '' } = upstream;
  const path = incoming.url ?? '/';
  const url = new URL(`${base}${path.startsWith(prefix) ? path.slice(prefix.length) : path}`);
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const trust = upstream.ca === undefined ? {} : { ca: upstream.ca };
  const outward = send(url, { method: incoming.method, headers, agent: false, ...trust }, (answer) => {
    if (way === 'lose-answer') return void answer.resume().once('end', () => incoming.socket.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    if (way === 'cut-answer') return cut(answer, outgoing, () => incoming.socket.destroy());
    outgoing.flushHeaders();
    answer.pipe(outgoing);
    answer.once('error', () => outgoing.destroy());
  });
  outward.once('error', () => incoming.socket.destroy());
  outgoing.once('close', () => outward.destroy());
  if (way === 'cut-request') return cut(incoming, outward, () => outward.destroy());
  if (typeof way === 'object') return void text(incoming).then((body) => outward.end(way.rewrite(body)));
  incoming.pipe(outward);
}

/** Half of the first piece passes. */
function cut(from: Readable, to: Writable, end: () => void): void {
  from.once('data', (chunk: Buffer) => to.write(chunk.subarray(0, chunk.length >> 1), end));
  from.once('end', end);
}
