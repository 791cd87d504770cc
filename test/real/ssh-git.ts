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
export async function startSshGit(): Promise<SshGit> {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(await createTemporaryFolder('ssh-git'));
  const port = await findFreePort();
  const [hostKey, otherHostKey, clientKey] = await Promise.all(
    ['host-key', 'other-host-key', 'client-key'].map((name) => createKey(join(folder.path, name))),
  );
  if (!hostKey || !otherHostKey || !clientKey) throw new Error('creating three ssh keys gave fewer');
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
  return {
    host: '127.0.0.1',
    port,
    url: (name) => `ssh://${userInfo().username}@127.0.0.1:${port}${join(folder.path, `${name}.git`)}`,
    identity: clientKey.privateKey,
    identityPublic: clientKey.publicKey,
    knownHosts: `${host} ${hostKey.publicKey}`,
    otherKnownHosts: `${host} ${otherHostKey.publicKey}`,
    createRepository: (name) => createBareRepository(folder.path, name),
    output: server.output,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function createKey(file: string): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  await execute(requirePart('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-C', 'tagalong-test', '-f', file]);
  return { privateKey: await readFile(file, 'utf8'), publicKey: await readFile(`${file}.pub`, 'utf8') };
}

function describeServer(folder: string, port: number): string {
  return `ListenAddress 127.0.0.1
Port ${port}
HostKey ${join(folder, 'host-key')}
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
