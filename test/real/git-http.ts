import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createBareRepository, gitEnvironment } from './bare-repository.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { requirePart } from './parts.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

export interface GitHttpOptions {
  readonly basic?: { readonly username: string; readonly password: string };
  readonly bearer?: string;
  /** Serves https with a certificate that only `caPem` vouches for. */
  readonly tls?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  /** With its query, such as `/web.git/info/refs?service=git-upload-pack`. */
  readonly path: string;
}

/** Git's own smart HTTP server, `git http-backend`, on a free port of 127.0.0.1. */
export interface GitHttp extends AsyncDisposable {
  /** The address to clone from; it carries no credentials. */
  url(name: string): string;
  /** Creates an empty bare repository and returns its path: hooks and direct commits go there. */
  createRepository(name: string): Promise<string>;
  /** Every request so far, oldest first, refused ones too. */
  readonly requests: readonly SeenRequest[];
  /** The authority to trust, with `tls`. */
  readonly caPem: string | null;
}

/** Starts the server; without `basic` or `bearer` anybody may read and push. */
export async function startGitHttp(options: GitHttpOptions = {}): Promise<GitHttp> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('git-http'));
  const requests: SeenRequest[] = [];
  const certificate = options.tls ? await createCertificate(folder.path) : null;
  const server = await createListener(certificate, (request, response) => {
    requests.push({ method: request.method ?? '', path: request.url ?? '' });
    if (!isAllowed(options, request.headers.authorization)) return refuse(response, options);
    serveGit(folder.path, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  starting.defer(() => closeServer(server));
  const parts = starting.move();
  const base = `${certificate ? 'https' : 'http'}://127.0.0.1:${portOf(server)}`;
  return {
    url: (name) => `${base}/${name}.git`,
    createRepository: (name) => createBareRepository(folder.path, name),
    requests,
    caPem: certificate?.caPem ?? null,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function createListener(certificate: Certificate | null, answer: RequestListener): Promise<Server> {
  if (certificate === null) return createServer(answer);
  return createTlsServer({ cert: certificate.caPem, key: await readFile(certificate.keyFile) }, answer);
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo;
  return address.port;
}

function isAllowed({ basic, bearer }: GitHttpOptions, header: string | undefined): boolean {
  if (basic) return header === `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
  return bearer === undefined || header === `Bearer ${bearer}`;
}

function refuse(response: ServerResponse, { basic }: GitHttpOptions): void {
  response.writeHead(401, { 'www-authenticate': `${basic ? 'Basic' : 'Bearer'} realm="git"` }).end('unauthorized\n');
}

/** Hands one request to `git http-backend` as RFC 3875 (CGI) says, and its answer back. */
function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const backend = spawn(requirePart('git-http-backend'), [], {
    env: describeRequest(root, request),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => {}); // it may answer without reading the body to its end
  request.pipe(backend.stdin);
  response.on('close', () => backend.kill());
  let head = Buffer.alloc(0);
  const collectHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    backend.stdout.off('data', collectHead);
    response.writeHead(...parseHead(head.toString('latin1', 0, end)));
    response.write(head.subarray(end + 4));
    backend.stdout.pipe(response);
  };
  backend.stdout.on('data', collectHead);
  backend.on('close', () => response.headersSent || response.writeHead(500).end('git http-backend gave no answer\n'));
}

function describeRequest(root: string, request: IncomingMessage): Record<string, string> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const { headers } = request;
  return {
    PATH: process.env['PATH'] ?? '',
    ...gitEnvironment,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    REMOTE_ADDR: '127.0.0.1',
    CONTENT_TYPE: headers['content-type'] ?? '',
    ...(headers['content-length'] && { CONTENT_LENGTH: headers['content-length'] }),
    ...(headers['content-encoding'] && { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
    GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
  };
}

function parseHead(head: string): [status: number, headers: Record<string, string>] {
  const headers: Record<string, string> = {};
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const { status = '200', ...rest } = headers;
  return [Number.parseInt(status, 10), rest];
}
