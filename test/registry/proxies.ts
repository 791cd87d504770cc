import { createServer, request as sendRequest } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createNetServer, type Server, type Socket } from 'node:net';
import { certificates } from './certificates.ts';

/** A proxy on 127.0.0.1; `seen` has what it was asked for: `CONNECT host:port`, `GET http://…`, `socks5 host:port`. */
export interface TestProxy extends AsyncDisposable {
  readonly address: string;
  readonly seen: readonly string[];
}

export interface ProxyLogin {
  readonly username: string;
  readonly password: string;
}

/** Forwards plain requests and opens tunnels. With a login, everything else is answered 407. */
export async function startHttpProxy({ login, tls = false }: { login?: ProxyLogin; tls?: boolean } = {}): Promise<TestProxy> {
  const seen: string[] = [];
  const wanted = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const server = tls ? createTlsServer({ cert: certificates.server.certificate, key: certificates.server.key }) : createServer();
  server.on('request', (request, response) => {
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted) return response.writeHead(407).end();
    seen.push(`${request.method} ${request.url}`);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = sendRequest(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket) => {
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted)
      return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    seen.push(`CONNECT ${request.url}`);
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const far = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    far.pipe(socket).pipe(far);
    for (const end of [far, socket]) end.on('error', () => end.destroy());
  });
  return listen(server, tls ? 'https' : 'http', seen);
}

/** RFC 1928 with the username login of RFC 1929; only CONNECT. */
export async function startSocksProxy({ login }: { login?: ProxyLogin } = {}): Promise<TestProxy> {
  const seen: string[] = [];
  const server = createNetServer((socket) => {
    socket.on('error', () => socket.destroy());
    void serveSocks(socket, seen, login).catch(() => socket.destroy());
  });
  return listen(server, 'socks5', seen);
}

async function serveSocks(socket: Socket, seen: string[], login: ProxyLogin | undefined): Promise<void> {
  await nextChunk(socket);
  socket.write(Buffer.from([5, login === undefined ? 0 : 2]));
  if (login !== undefined) {
    const sent = await nextChunk(socket);
    const nameEnd = 2 + (sent[1] ?? 0);
    const isRight =
      sent.subarray(2, nameEnd).toString() === login.username && sent.subarray(nameEnd + 1).toString() === login.password;
    socket.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return void socket.end();
  }
  const asked = await nextChunk(socket);
  const isName = asked[3] === 3;
  const end = isName ? 5 + (asked[4] ?? 0) : 8;
  const host = isName ? asked.subarray(5, end).toString() : asked.subarray(4, 8).join('.');
  const port = asked.readUInt16BE(end);
  seen.push(`socks5 ${host}:${port}`);
  const far = connect(port, host, () => socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
  far.on('error', () => socket.destroy());
  far.pipe(socket).pipe(far);
}

function nextChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk));
    socket.once('close', () => reject(new Error('closed')));
  });
}

async function listen(server: Server, scheme: string, seen: readonly string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `${scheme}://127.0.0.1:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
