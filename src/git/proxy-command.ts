import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * A program of its own, ssh's ProxyCommand: `node proxy-command.ts HOST PORT` connects to there through the proxy whose URL is in
 * the file that TAGALONG_PROXY_FILE names (http, https or socks5, with its login) and hands bytes on between that connection and stdin and stdout.
 */
const [, , host = '', port = ''] = process.argv;
const proxy = new URL(readFileSync(process.env['TAGALONG_PROXY_FILE'] ?? '', 'utf8'));

async function reachProxy(): Promise<Socket> {
  const name = proxy.hostname.replace(/^\[|\]$/g, '');
  if (proxy.protocol !== 'https:') return opened(connect(portOf(), name), 'connect');
  return opened(connectTls({ host: name, port: portOf(), servername: name }), 'secureConnect');
}

function portOf(): number {
  return Number(proxy.port || { 'http:': 80, 'https:': 443, 'socks5:': 1080 }[proxy.protocol]);
}

async function opened<S extends Socket>(socket: S, event: string): Promise<S> {
  await once(socket, event);
  return socket;
}

/** RFC 9110, 9.3.6. Returns what came behind the answer. */
async function askHttp(socket: Socket): Promise<Buffer> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const login = proxy.username === '' ? '' : `Proxy-Authorization: Basic ${basic()}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${login}\r\n`);
  const reader = new Reader(socket);
  const head = await reader.readThrough('\r\n\r\n');
  const [status = ''] = head.split('\r\n');
  if (!/^HTTP\/1\.[01] 2\d\d\b/.test(status)) throw new Error(`it answered '${status.slice(0, 100)}'`);
  return reader.rest();
}

function basic(): string {
  return Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64');
}

/** RFC 1928 and 1929; names are resolved by the proxy. */
async function askSocks(socket: Socket): Promise<Buffer> {
  const reader = new Reader(socket);
  const methods = proxy.username === '' ? [0] : [0, 2];
  socket.write(Buffer.from([5, methods.length, ...methods]));
  const [, method] = await reader.read(2);
  if (method === 2) await logIn(socket, reader);
  else if (method !== 0) throw new Error('it wants another way to log in');
  const name = Buffer.from(host);
  socket.write(
    Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([Number(port) >> 8, Number(port) & 255])]),
  );
  const [, refusal, , addressKind] = await reader.read(4);
  if (refusal !== 0) throw new Error(`it refused the connection with code ${refusal}`);
  const addressBytes = addressKind === 3 ? ((await reader.read(1))[0] ?? 0) : addressKind === 4 ? 16 : 4;
  await reader.read(addressBytes + 2);
  return reader.rest();
}

async function logIn(socket: Socket, reader: Reader): Promise<void> {
  const [user, password] = [proxy.username, proxy.password].map((text) => Buffer.from(decodeURIComponent(text)));
  if (!user || !password) return;
  socket.write(Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([password.length]), password]));
  const [, refusal] = await reader.read(2);
  if (refusal !== 0) throw new Error('it does not accept the user name and password');
}

/** Takes exact amounts out of a socket's stream and leaves it as it is afterwards. */
class Reader {
  readonly #socket: Socket;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  async read(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) await this.#more();
    return this.#take(bytes);
  }

  async readThrough(mark: string): Promise<string> {
    while (!this.#held.includes(mark)) {
      if (this.#held.length > 65_536) throw new Error('its answer does not end');
      await this.#more();
    }
    return this.#take(this.#held.indexOf(mark) + mark.length).toString('latin1');
  }

  rest(): Buffer {
    return this.#take(this.#held.length);
  }

  #take(bytes: number): Buffer {
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  async #more(): Promise<void> {
    const chunk = this.#socket.read() as Buffer | null;
    if (chunk !== null) this.#held = Buffer.concat([this.#held, chunk]);
    else if (this.#socket.readableEnded) throw new Error('it closed the connection');
    else await Promise.race([once(this.#socket, 'readable'), once(this.#socket, 'end')]);
  }
}

// Last, since a class is there only from its own line on.
try {
  const socket = await reachProxy();
  const rest = proxy.protocol === 'socks5:' ? await askSocks(socket) : await askHttp(socket);
  process.stdout.write(rest);
  socket.pipe(process.stdout);
  process.stdin.pipe(socket);
  socket.on('close', () => process.exit(0)).on('error', () => process.exit(1));
} catch (error) {
  process.stderr.write(`unable to access the proxy ${proxy.host}: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
