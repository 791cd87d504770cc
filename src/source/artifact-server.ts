import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { lstat, mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '../core/index.ts';
import { ArtifactStorage, type Retention } from './artifact-storage.ts';

// Not imported: that evaluates all it exports, Node's whole `fetch` among it, which is 13 MiB that nobody here uses.
const { createServer } = process.getBuiltinModule('node:http');

export interface ArtifactServerOptions {
  readonly folder: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What consumers are told, such as `source-controller.flux-system.svc.cluster.local.`; default: the address it listens on. */
  readonly advertise?: string;
  readonly clock?: Clock;
  readonly retention?: Retention;
}

export interface ArtifactServer extends AsyncDisposable {
  /** `http://host:port` it listens on. */
  readonly url: string;
  readonly storage: ArtifactStorage;
  close(): Promise<void>;
}

/** Serves the stored artifacts as plain files: GET and HEAD, one range, If-Modified-Since. Without authentication, as Flux's. */
export async function createArtifactServer(options: ArtifactServerOptions): Promise<ArtifactServer> {
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const server = createServer((request, response) => {
    answer(folder, request, response).catch(() => (response.headersSent ? response.destroy() : end(response, 500)));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  const storage = new ArtifactStorage({
    folder,
    clock: options.clock ?? systemClock,
    address: () => options.advertise ?? url,
    ...(options.retention && { retention: options.retention }),
  });
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url, storage, close, [Symbol.asyncDispose]: close };
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response.setHeader('allow', 'GET, HEAD'), 405);
  const path = parsePath(request.url ?? '/');
  if (path === '') return end(response.setHeader('content-type', 'text/html; charset=utf-8'), 200); // what readiness probes ask for
  const file = path === null ? null : await findFile(join(folder, path));
  if (file === null) return end(response, 404);
  response.setHeader('last-modified', new Date(file.modifiedMs).toUTCString());
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-type', path?.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream');
  if (isUnchanged(request.headers['if-modified-since'], file.modifiedMs)) return end(response, 304);
  await sendFile(file, request, response);
}

/** The path within the folder; null when it leaves it, names something hidden or cannot be read. */
function parsePath(url: string): string | null {
  try {
    const path = decodeURIComponent(url.split(/[?#]/)[0] ?? '').replace(/^\/+|\/+$/g, '');
    if (path === '') return '';
    const isSafe = path.split('/').every((part) => part !== '' && !part.startsWith('.') && !/[\0\\]/.test(part));
    return isSafe ? path : null;
  } catch {
    return null; // broken percent signs
  }
}

interface ServedFile {
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

async function findFile(file: string): Promise<ServedFile | null> {
  const seen = await lstat(file).catch(() => null);
  return seen?.isFile() ? { file, bytes: seen.size, modifiedMs: Math.floor(seen.mtimeMs / 1_000) * 1_000 } : null;
}

function isUnchanged(since: string | undefined, modifiedMs: number): boolean {
  return since !== undefined && modifiedMs <= Date.parse(since);
}

async function sendFile({ file, bytes }: ServedFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const range = parseRange(request.headers.range, bytes);
  if (range === 'unsatisfiable') return end(response.setHeader('content-range', `bytes */${bytes}`), 416);
  const { start, last } = range ?? { start: 0, last: bytes - 1 };
  if (range !== null) response.setHeader('content-range', `bytes ${start}-${last}/${bytes}`);
  response.setHeader('content-length', last - start + 1);
  response.writeHead(range === null ? 200 : 206);
  if (request.method === 'HEAD' || last < start) return void response.end();
  await pipeline(createReadStream(file, { start, end: last }), response);
}

/** `bytes=a-b`, `bytes=a-` and `bytes=-n` (RFC 9110, 14.1.2); null for anything else, which is answered whole. */
export function parseRange(header: string | undefined, bytes: number): { start: number; last: number } | 'unsatisfiable' | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== '' && to !== '' && Number(to) < start) return null;
  return start >= bytes || (from === '' && Number(to) === 0) ? 'unsatisfiable' : { start, last };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
