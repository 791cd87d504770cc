import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBareRepository } from './bare-repository.ts';
import { findFreePort } from './free-port.ts';
import { requirePart } from './parts.ts';
import { startProcess } from './start-process.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const execute = promisify(execFile);

export interface SshGitOptions {
  /** The key that may log in; default ed25519. */
  readonly key?: {
    readonly type: 'ed25519' | 'ecdsa' | 'rsa';
    readonly bits?: number;
    readonly passphrase?: string;
    readonly pem?: boolean;
  };
}

/** OpenSSH's own server on a free port of 127.0.0.1, serving bare repositories to one key. */
export interface SshGit extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `ssh://user@127.0.0.1:port/absolute/path/name.git` */
  url(name: string): string;
  /** The private key that may log in, as PEM text. */
  readonly identity: string;
  /** Its public half, one line. */
  readonly identityPublic: string;
  /** The line of known_hosts that vouches for this server. */
  readonly knownHosts: string;
  /** The same line with the address hashed, as `ssh-keygen -H` leaves it. */
  readonly hashedKnownHosts: string;
  /** A line that trusts the authority which signed the server's key, and not the key. */
  readonly authorityKnownHosts: string;
  /** A line for the same address with another key: who trusts this one must refuse the server. */
  readonly otherKnownHosts: string;
  createRepository(name: string): Promise<string>;
  /** What sshd logged: who connected, with which key, and what was refused. */
  output(): string;
}

/**
 * Starts sshd as this user, with its own host key and configuration, and without PAM. Only this user can log in. When
 * run by root, sshd wants the empty folder /run/sshd, which is created if it is absent and then stays.
 */
export async function startSshGit({ key = { type: 'ed25519' } }: SshGitOptions = {}): Promise<SshGit> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('ssh-git'));
  const port = await findFreePort();
  const file = (name: string) => join(folder.path, name);
  const [hostKey, otherHostKey, authority, clientKey] = await Promise.all([
    ...(['host-key', 'other-host-key', 'authority'] as const).map((name) => createKey(file(name), { type: 'ed25519' })),
    createKey(file('client-key'), key),
  ]);
  if (!hostKey || !otherHostKey || !authority || !clientKey) throw new Error('creating four ssh keys gave fewer');
  await keygen('-q', '-s', file('authority'), '-I', 'host', '-h', '-n', '127.0.0.1', `${file('host-key')}.pub`);
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const configuration = join(folder.path, 'sshd_config');
  await writeFile(configuration, describeServer(folder.path, port));
  const server = starting.use(
    await startProcess({
      name: 'sshd',
      program: requirePart('sshd'),
      args: ['-D', '-e', '-f', configuration],
      isReady: () => accepts(port),
    }),
  );
  const parts = starting.move();
  const host = `[127.0.0.1]:${port}`;
  const hashed = file('hashed');
  await writeFile(hashed, `${host} ${hostKey.publicKey}`);
  await keygen('-q', '-H', '-f', hashed);
  return {
    host: '127.0.0.1',
    port,
    url: (name) => `ssh://${userInfo().username}@127.0.0.1:${port}${join(folder.path, `${name}.git`)}`,
    identity: clientKey.privateKey,
    identityPublic: clientKey.publicKey,
    knownHosts: `${host} ${hostKey.publicKey}`,
    hashedKnownHosts: await readFile(hashed, 'utf8'),
    authorityKnownHosts: `@cert-authority 127.0.0.1 ${authority.publicKey}`,
    otherKnownHosts: `${host} ${otherHostKey.publicKey}`,
    createRepository: (name) => createBareRepository(folder.path, name),
    output: server.output,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function keygen(...args: readonly string[]): Promise<unknown> {
  return execute(requirePart('ssh-keygen'), args);
}

async function createKey(
  file: string,
  { type, bits, passphrase = '', pem }: NonNullable<SshGitOptions['key']>,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const size = bits === undefined ? [] : ['-b', String(bits)];
  await keygen('-q', '-t', type, ...size, ...(pem ? ['-m', 'PEM'] : []), '-N', passphrase, '-C', 'tagalong-test', '-f', file);
  return { privateKey: await readFile(file, 'utf8'), publicKey: await readFile(`${file}.pub`, 'utf8') };
}

function describeServer(folder: string, port: number): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${join(folder, 'host-key')}
HostCertificate ${join(folder, 'host-key-cert.pub')}
PidFile none
AuthorizedKeysFile ${join(folder, 'client-key.pub')}
AuthenticationMethods publickey
PermitRootLogin prohibit-password
# The folder of a test lies in a world-writable one, which strict modes refuse.
StrictModes no
UsePAM no
PrintMotd no
LogLevel VERBOSE
MaxStartups 100
MaxSessions 100
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(true)).once('error', () => resolve(false)); // a server's first word is its banner
    socket.once('data', () => socket.destroy());
  });
}
