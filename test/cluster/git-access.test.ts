import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as ask, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { GitLogins } from '../../src/auth/index.ts';
import type { GitMirror } from '../../src/core/index.ts';
import { cloneWorkTree } from '../../src/demo/index.ts';
import { createGit } from '../../src/git/index.ts';
import { secretOf } from '../auth/secrets.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart, type SshGit, type SshGitOptions, startGitHttp, startSshGit } from '../real/index.ts';

const execute = promisify(execFile);

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-access-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type Texts = Readonly<Record<string, string>>;

/** The mirror of a remote, opened with Secrets as the bot opens it. */
async function open(url: string, secret: Texts | null, proxySecret: Texts | null = null): Promise<GitMirror> {
  const git = createGit({ stateFolder: await temporaryFolder() });
  onTestFinished(() => git.close());
  const wish = { url, secret: secret && secretOf(secret), proxySecret: proxySecret && secretOf(proxySecret) };
  return git.mirror(await new GitLogins().open(wish));
}

async function seed(barePath: string): Promise<string> {
  const clone = await cloneWorkTree(barePath, join(await temporaryFolder(), 'clone'), { name: 'Ada', email: 'ada@example.com' });
  await clone.git('commit', '--quiet', '--allow-empty', '--message', 'first');
  await clone.git('push', '--quiet', 'origin', 'HEAD:main');
  return (await clone.git('rev-parse', 'HEAD')).trim();
}

async function startSsh(options?: SshGitOptions): Promise<{ ssh: SshGit; head: string; url: string }> {
  const ssh = await startSshGit(options);
  onTestFinished(() => ssh[Symbol.asyncDispose]());
  return { ssh, head: await seed(await ssh.createRepository('infra')), url: ssh.url('infra') };
}

describeWithParts(['sshd', 'ssh-keygen'], 'logging in to a real sshd', () => {
  test.for<{ because: string; key: NonNullable<SshGitOptions['key']> }>([
    { because: 'an ed25519 key', key: { type: 'ed25519' } },
    { because: 'an ed25519 key with a password', key: { type: 'ed25519', passphrase: 'open sesame $x' } },
    { because: 'an ecdsa key', key: { type: 'ecdsa', bits: 384 } },
    { because: 'an ecdsa key with a password', key: { type: 'ecdsa', bits: 256, passphrase: 'sesame' } },
    { because: 'an rsa key', key: { type: 'rsa', bits: 3072 } },
    {
      because: 'an rsa key with a password, in the old format',
      key: { type: 'rsa', bits: 2048, passphrase: 'sesame', pem: true },
    },
  ])('with $because', async ({ key }) => {
    const { ssh, head, url } = await startSsh({ key });
    const { passphrase } = key;
    const login = { identity: ssh.identity, known_hosts: ssh.knownHosts };
    const mirror = await open(url, { ...login, ...(passphrase !== undefined && { password: passphrase }) });
    expect(await mirror.fetchRef('refs/heads/main')).toBe(head);
    if (passphrase === undefined) return;
    const wrong = await open(url, { ...login, password: 'wrong-password-1' });
    const failure = await wrong.listRemote().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(String(failure)).not.toContain('wrong-password-1');
    await expect((await open(url, login)).listRemote()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
  });

  test('known_hosts may be hashed, or name the authority of the server; lines for others do not count', async () => {
    const { ssh, head, url } = await startSsh();
    const { identity } = ssh;
    for (const known_hosts of [
      ssh.hashedKnownHosts,
      ssh.authorityKnownHosts,
      `# mine\nelsewhere ssh-ed25519 AAAA\n${ssh.knownHosts}`,
    ])
      expect((await (await open(url, { identity, known_hosts })).listRemote()).get('refs/heads/main')).toBe(head);
    for (const known_hosts of [ssh.otherKnownHosts, ssh.knownHosts.replace('127.0.0.1', '127.0.0.2'), '# nothing'])
      await expect((await open(url, { identity, known_hosts })).listRemote()).rejects.toMatchObject({ code: 'HOST_KEY' });
  });
});

interface Proxy {
  readonly address: string;
  /** `host:port` of every connection it was asked for. */
  readonly asked: string[];
}

const login = { username: 'bot', password: 'p@ss word' };

/** A proxy that wants a login and connects to whatever it is asked for, by CONNECT or as plain HTTP. */
async function startHttpProxy(tls?: { cert: string; key: Buffer }): Promise<Proxy> {
  const asked: string[] = [];
  const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const server = tls ? createTlsServer(tls) : createServer();
  server.on('request', (request, response) => {
    if (request.headers['proxy-authorization'] !== expected)
      return response.writeHead(407, { 'proxy-authenticate': 'Basic realm="x"' }).end();
    asked.push(new URL(request.url ?? '').host);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = ask(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  server.on('connect', (request, socket: Socket) => {
    if (request.headers['proxy-authorization'] !== expected) return socket.end('HTTP/1.1 407 Login\r\n\r\n');
    asked.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host ?? '', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    onward.pipe(socket).pipe(onward);
    for (const each of [onward, socket]) each.on('error', () => onward.destroy());
  });
  await listen(server);
  onTestFinished(() => closeServer(server));
  return { address: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** RFC 1928 with a user name and password (RFC 1929). */
async function startSocksProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    void speakSocks(socket, asked).catch(() => socket.destroy());
  });
  await listen(server);
  onTestFinished(() => closeServer(server));
  return { address: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function speakSocks(socket: Socket, asked: string[]): Promise<void> {
  const next = async () => ((await once(socket, 'data')) as [Buffer])[0];
  await next();
  socket.write(Buffer.from([5, 2]));
  const given = await next();
  const user = given.toString('utf8', 2, 2 + (given[1] ?? 0));
  const password = given.toString('utf8', 3 + (given[1] ?? 0));
  const isRight = user === login.username && password === login.password;
  socket.write(Buffer.from([1, isRight ? 0 : 1]));
  if (!isRight) return void socket.end();
  const wish = await next();
  const host = wish[3] === 1 ? [...wish.subarray(4, 8)].join('.') : wish.toString('utf8', 5, 5 + (wish[4] ?? 0));
  const port = wish.readUInt16BE(wish.length - 2);
  asked.push(`${host}:${port}`);
  const onward = connect(port, host, () => {
    socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.destroy());
}

function closeServer(server: { close(): unknown; closeAllConnections?(): void }): void {
  server.close();
  server.closeAllConnections?.();
}

async function listen(server: { listen(port: number, host: string): unknown }): Promise<void> {
  const listening = once(server as never, 'listening');
  server.listen(0, '127.0.0.1');
  await listening;
}

describeWithParts(['sshd', 'ssh-keygen', 'git-http-backend'], 'a proxy with a login', () => {
  test.for([
    { kind: 'http', start: () => startHttpProxy() },
    { kind: 'socks5', start: startSocksProxy },
  ])('$kind, for http, https and ssh', async ({ start }) => {
    const proxy = await start();
    const secret = { address: proxy.address, ...login };
    for (const tls of [false, true]) {
      const http = await startGitHttp({ tls });
      onTestFinished(() => http[Symbol.asyncDispose]());
      const head = await seed(await http.createRepository('infra'));
      const mirror = await open(http.url('infra'), tls ? { 'ca.crt': http.caPem ?? '' } : null, secret);
      expect(await mirror.fetchRef('refs/heads/main')).toBe(head);
      expect(proxy.asked).toContain(new URL(http.url('infra')).host);
      const refused = (await open(http.url('infra'), null, { ...secret, password: 'wrong-password-1' })).listRemote();
      const failure = await refused.catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'GitError' });
      expect(String(failure)).not.toContain('wrong-password-1');
    }
    const { ssh, head, url } = await startSsh();
    const keys = { identity: ssh.identity, known_hosts: ssh.knownHosts };
    expect(await (await open(url, keys, secret)).fetchRef('refs/heads/main')).toBe(head);
    expect(proxy.asked).toContain(`127.0.0.1:${ssh.port}`);
    const failure = await (await open(url, keys, { ...secret, password: 'wrong-password-1' }))
      .listRemote()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'GitError' });
    expect(String(failure)).not.toContain('wrong-password-1');
  });
});

describeWithParts(['git-http-backend', 'openssl'], 'a server that wants a client certificate', () => {
  test('gets it, and refuses who has none', async () => {
    const folder = await temporaryFolder();
    const file = (name: string) => join(folder, name);
    const openssl = (...args: readonly string[]) => execute(requirePart('openssl'), args);
    await createAuthority(openssl, file);
    const http = await startGitHttp();
    onTestFinished(() => http[Symbol.asyncDispose]());
    const head = await seed(await http.createRepository('infra'));
    const [ca, cert, key] = await Promise.all(['ca.crt', 'server.crt', 'server.key'].map((name) => readFile(file(name), 'utf8')));
    const front = createTlsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const onward = ask(
        new URL(request.url ?? '', http.url('infra')),
        { method: request.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    await listen(front);
    onTestFinished(() => closeServer(front));
    const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}/infra.git`;
    const [clientCert, clientKey] = await Promise.all(['client.crt', 'client.key'].map((name) => readFile(file(name), 'utf8')));
    const tls = { 'ca.crt': ca ?? '', 'tls.crt': clientCert ?? '', 'tls.key': clientKey ?? '' };
    expect(await (await open(url, tls)).fetchRef('refs/heads/main')).toBe(head);
    await expect((await open(url, { 'ca.crt': ca ?? '' })).listRemote()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(
      (await open(url, { 'tls.crt': clientCert ?? '', 'tls.key': clientKey ?? '' })).listRemote(),
    ).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });
});

/** An authority, and what it signed for the server and the client. */
async function createAuthority(
  openssl: (...args: readonly string[]) => Promise<unknown>,
  file: (name: string) => string,
): Promise<void> {
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    '-days',
    '1',
    ...newKey,
    '-keyout',
    file('ca.key'),
    '-subj',
    '/CN=authority',
    '-out',
    file('ca.crt'),
  );
  await writeFile(file('san'), 'subjectAltName=IP:127.0.0.1\n');
  for (const name of ['server', 'client']) {
    await openssl('req', ...newKey, '-keyout', file(`${name}.key`), '-subj', `/CN=${name}`, '-out', file(`${name}.csr`));
    const signing = ['-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1'];
    await openssl('x509', '-req', '-in', file(`${name}.csr`), ...signing, '-extfile', file('san'), '-out', file(`${name}.crt`));
  }
}
