import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { runProgram, startProgram } from '../child/index.ts';

export interface GitHostOptions {
  /** Where the bare repositories are kept; they stay there. */
  readonly folder: string;
  /** Who may read and push; without it, anybody. */
  readonly auth?:
    | { readonly kind: 'basic'; readonly username: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string };
  /** PEM texts; with them it serves https. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Default: a free one. */
  readonly port?: number;
}

/** One request as the host saw it, refused ones too. */
export interface GitHostRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** `git-upload-pack` reads, `git-receive-pack` pushes. */
  readonly service: 'git-upload-pack' | 'git-receive-pack' | null;
  readonly authorized: boolean;
}

/** Real repositories behind git's own smart HTTP server on 127.0.0.1: what a forge is to a bot. */
export interface GitHost extends AsyncDisposable {
  readonly baseUrl: string;
  /** The address to clone from, without credentials. */
  url(name: string): string;
  /** Creates the bare repository `<name>.git` with branch `main`, with one commit of `seedFolder` if given. Returns its path. */
  createRepository(name: string, seedFolder?: string): Promise<string>;
  /** Every request so far, oldest first. */
  readonly requests: readonly GitHostRequest[];
  /** From now on every push is refused with this text, as a protected branch does; null accepts them again. */
  refusePushes(message: string | null): Promise<void>;
  close(): Promise<void>;
}

const settings: readonly (readonly [string, string])[] = [
  ['http.receivepack', 'true'],
  ['uploadpack.allowFilter', 'true'],
  ['uploadpack.allowAnySHA1InWant', 'true'],
  ['receive.advertisePushOptions', 'true'],
  ['gc.auto', '0'],
];

const refusal = `#!/bin/sh
if [ -f "$TAGALONG_REFUSAL" ]; then cat "$TAGALONG_REFUSAL" >&2; exit 1; fi
exit 0
`;

/** Starts the host; it ends when disposed of, the repositories stay in its folder. */
export async function startGitHost(options: GitHostOptions): Promise<GitHost> {
  const folder = resolve(options.folder);
  const hooks = join(folder, '.hooks');
  await mkdir(hooks, { recursive: true });
  await writeFile(join(hooks, 'pre-receive'), refusal);
  await chmod(join(hooks, 'pre-receive'), 0o755);
  const requests: GitHostRequest[] = [];
  const server = createListener(options, (request, response) => {
    const authorized = isAuthorized(options.auth, request.headers.authorization);
    requests.push(describeRequest(request, authorized));
    if (authorized) serveGit(folder, request, response);
    else refuse(options.auth, response);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => closeServer(server);
  return {
    baseUrl,
    url: (name) => `${baseUrl}/${name}.git`,
    createRepository: (name, seedFolder) => createRepository(folder, name, seedFolder),
    requests,
    refusePushes: (message) =>
      message === null ? rm(refusalFile(folder), { force: true }) : writeFile(refusalFile(folder), `${message}\n`),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function refusalFile(folder: string): string {
  return join(folder, '.refusal');
}

function createListener({ tls }: GitHostOptions, answer: RequestListener): Server {
  return tls === undefined ? createServer(answer) : createTlsServer({ cert: tls.certificate, key: tls.key }, answer);
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

function describeRequest(request: IncomingMessage, authorized: boolean): GitHostRequest {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const named =
    /service=(git-(?:upload|receive)-pack)/.exec(query)?.[1] ?? /\/(git-(?:upload|receive)-pack)$/.exec(path)?.[1] ?? null;
  return { method: request.method ?? '', path, service: named as GitHostRequest['service'], authorized };
}

function isAuthorized(auth: GitHostOptions['auth'], header: string | undefined): boolean {
  if (auth === undefined) return true;
  if (auth.kind === 'bearer') return header === `Bearer ${auth.token}`;
  return header === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

function refuse(auth: GitHostOptions['auth'], response: ServerResponse): void {
  response
    .writeHead(401, { 'www-authenticate': `${auth?.kind === 'bearer' ? 'Bearer' : 'Basic'} realm="git"` })
    .end('unauthorized\n');
}

async function createRepository(folder: string, name: string, seedFolder: string | undefined): Promise<string> {
  const path = join(folder, `${name}.git`);
  await mkdir(path, { recursive: true });
  await runGit(['init', '--quiet', '--bare', '--initial-branch=main', path]);
  for (const [key, value] of [...settings, ['core.hooksPath', join(folder, '.hooks')] as const])
    await runGit(['-C', path, 'config', key, value]);
  if (seedFolder !== undefined) await commitSeed(path, resolve(seedFolder));
  return path;
}

async function commitSeed(repository: string, seedFolder: string): Promise<void> {
  const index = join(repository, 'seed-index');
  const environment = { GIT_DIR: repository, GIT_WORK_TREE: seedFolder, GIT_INDEX_FILE: index };
  await runGit(['-C', seedFolder, 'add', '--all', '--force', '.'], environment);
  const tree = await runGit(['write-tree'], environment);
  const commit = await runGit(['commit-tree', tree, '-m', 'Start'], environment);
  await runGit(['update-ref', 'refs/heads/main', commit], environment);
  await rm(index, { force: true });
}

async function runGit(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  const environment = { ...gitEnvironment(), ...identity, ...more };
  const end = await runProgram({ program: 'git', args, environment, maxOutputBytes: 16 << 20 });
  if (end.kind !== 'exited') throw new Error(`git ${args.join(' ')}: ${end.kind}`);
  if (end.code !== 0) throw new Error(`git ${args.join(' ')} ended with exit code ${end.code}: ${end.errors}`);
  return end.output.toString().trim();
}

const identity = {
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@example.com',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@example.com',
};

function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** Hands one request to `git http-backend` as RFC 3875 (CGI) describes, and its answer back. */
function serveGit(root: string, request: IncomingMessage, response: ServerResponse): void {
  const backend = startProgram({ program: 'git', args: ['http-backend'], environment: describeCgi(root, request) });
  backend.stderr.resume();
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
  backend.on('error', () => response.headersSent || response.writeHead(500).end('git could not be started\n'));
  backend.on('close', () => response.headersSent || response.writeHead(500).end('git http-backend gave no answer\n'));
}

function describeCgi(root: string, request: IncomingMessage): Record<string, string> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const { headers } = request;
  return {
    ...gitEnvironment(),
    TAGALONG_REFUSAL: refusalFile(root),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(path),
    QUERY_STRING: query,
    REMOTE_ADDR: '127.0.0.1',
    CONTENT_TYPE: headers['content-type'] ?? '',
    ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
    ...(headers['content-encoding'] === undefined ? {} : { HTTP_CONTENT_ENCODING: headers['content-encoding'] }),
    ...(headers['git-protocol'] === undefined ? {} : { GIT_PROTOCOL: String(headers['git-protocol']) }),
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
