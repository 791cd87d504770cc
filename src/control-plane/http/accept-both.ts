import type { Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createSocketServer, type Socket, type Server as SocketServer } from 'node:net';
import type { SelfSigned } from './certificate.ts';

/** The first byte of a TLS handshake. */
const handshake = 0x16;

/** A listener that speaks HTTP and HTTPS on one port: kubectl sends its token over TLS alone, everybody else saves themselves the trouble. */
export interface DualListener {
  readonly sockets: SocketServer;
  /** Ends the listener, then every connection, after what was written has gone out. */
  close(): Promise<void>;
}

/** The listener for `plain`, not yet listening. */
export function acceptBoth(plain: Server, { key, certificate }: SelfSigned): DualListener {
  const secure = createSecureServer({ key, cert: certificate, minVersion: 'TLSv1.2' }, (request, response) =>
    plain.emit('request', request, response),
  );
  secure.keepAliveTimeout = plain.keepAliveTimeout;
  secure.requestTimeout = plain.requestTimeout;
  secure.on('tlsClientError', () => {}); // the socket is closed; nothing was asked yet
  const open = new Set<Socket>();
  const sockets = createSocketServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    routeByFirstByte(socket, plain, secure);
  });
  return { sockets, close: () => closeAll(sockets, open) };
}

function routeByFirstByte(socket: Socket, plain: Server, secure: ReturnType<typeof createSecureServer>): void {
  socket.setTimeout(30_000, () => socket.destroy());
  socket.once('readable', () => {
    const first: Buffer | null = socket.read(1);
    if (first === null) return socket.destroy();
    socket.setTimeout(0);
    socket.removeAllListeners('timeout');
    socket.unshift(first);
    (first[0] === handshake ? secure : plain).emit('connection', socket);
  });
}

async function closeAll(sockets: SocketServer, open: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    if (sockets.listening) sockets.close(() => resolve());
    else resolve();
  });
  await new Promise((resolve) => setImmediate(resolve)); // the last lines of the watches
  for (const socket of open) socket.destroySoon();
  const cut = setTimeout(() => {
    for (const socket of open) socket.destroy();
  }, 500);
  await closed;
  clearTimeout(cut);
}
