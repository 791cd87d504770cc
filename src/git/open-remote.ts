import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckAddress } from '../auth/index.ts';
import { privateRoot } from '../child/index.ts';
import type { GitCredentials, GitRemote } from '../core/index.ts';
import { type Environment, withSettings } from './environment.ts';
import { GitError } from './error.ts';
import { checkRemoteUrl } from './remote-url.ts';
import { resolveRemote } from './resolve-remote.ts';

const folderPrefix = 'tagalong-git-';

/** A remote made ready for one network command: its secrets are in files that only we can read, in memory where there is a folder for it. */
export interface OpenRemote extends AsyncDisposable {
  readonly url: string;
  readonly environment: Environment;
  /** Texts that no message may carry. */
  readonly secrets: readonly string[];
  readonly folder: string;
}

/** Writes the private files of a remote and describes the environment in which git can reach it, at `url` (the remote's own or where it moved to). */
export async function openRemote(
  remote: GitRemote,
  url: string,
  base: Environment,
  checkAddress: CheckAddress,
): Promise<OpenRemote> {
  const parsed = checkRemoteUrl(url, true);
  // Through a proxy it is the proxy that resolves names and connects.
  const isDirect = remote.proxy === undefined && parsed.protocol !== 'file:';
  const resolved = isDirect ? await resolveRemote(parsed, checkAddress) : null;
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  // A folder in memory often lets nothing be started from it: what is no secret stays in the other one.
  const vault = await mkdtemp(join(await privateRoot(), `${folderPrefix}${process.pid}-`));
  const remove = () => Promise.all([folder, vault].map((one) => rm(one, { recursive: true, force: true })));
  try {
    const environment = { ...base, GIT_ALLOW_PROTOCOL: parsed.protocol.slice(0, -1), TAGALONG_PID_FILE: join(folder, 'pid') };
    const opened =
      parsed.protocol === 'ssh:'
        ? await openSsh(remote, parsed, { folder, vault }, environment)
        : await openHttp(
            remote,
            vault,
            resolved === null ? environment : withSettings(environment, [['http.curloptResolve', resolved]]),
          );
    return {
      url: addressOf(parsed),
      environment: opened,
      secrets: secretsOf(remote),
      folder,
      [Symbol.asyncDispose]: async () => void (await remove()),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function addressOf(url: URL): string {
  if (url.protocol !== 'ssh:' || url.username !== '') return url.href;
  const withUser = new URL(url.href);
  withUser.username = 'git'; // what every forge and Flux take where the URL names nobody
  return withUser.href;
}

async function openHttp(remote: GitRemote, vault: string, base: Environment): Promise<Environment> {
  const { credentials, ca, clientCertificate, proxy } = remote;
  if (credentials.kind === 'ssh')
    throw new GitError(
      'REFUSED_CREDENTIALS',
      'an ssh key cannot open an http remote; the secret needs username and password, or bearerToken',
    );
  const settings: [string, string][] = [
    ['http.lowSpeedLimit', '1'],
    ['http.lowSpeedTime', '60'],
    // Redirects are looked at first: see network.ts.
    ['http.followRedirects', 'false'],
  ];
  const header = authorizationOf(credentials);
  // The proxy resolves names, as in Flux; curl calls that socks5h.
  if (proxy !== undefined) {
    settings.push(['http.proxyAuthMethod', 'basic']); // at once, as Flux does, and not only when it was asked for
  }
  const secret: [string, string][] = [];
  if (header !== null) secret.push(['extraHeader', `Authorization: ${header}`]);
  if (proxy !== undefined) secret.push(['proxy', checkLine(proxy, 'the proxy').replace(/^socks5:/, 'socks5h:')]);
  if (secret.length > 0) settings.push(['include.path', await writePrivate(vault, 'config', describeHttpSection(secret))]);
  if (ca !== undefined) settings.push(['http.sslCAInfo', await writePrivate(vault, 'ca.pem', ca)]);
  if (clientCertificate) {
    settings.push(['http.sslCert', await writePrivate(vault, 'client.pem', clientCertificate.certificate)]);
    settings.push(['http.sslKey', await writePrivate(vault, 'client.key', clientCertificate.key.reveal())]);
  }
  return withSettings(proxy === undefined ? base : { ...base, NO_PROXY: '', no_proxy: '' }, settings);
}

export function hasSecrets({ credentials, clientCertificate }: GitRemote): boolean {
  return credentials.kind !== 'none' || clientCertificate !== undefined;
}

function authorizationOf(credentials: GitCredentials): string | null {
  if (credentials.kind === 'bearer') return `Bearer ${checkLine(credentials.token.reveal(), 'the bearer token')}`;
  if (credentials.kind !== 'basic') return null;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${checkLine(username, 'the user name')}:${checkLine(password.reveal(), 'the password')}`).toString('base64')}`;
}

function checkLine(text: string, what: string): string {
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new GitError(
    'REFUSED_CREDENTIALS',
    `${what} for the git remote holds a control character, such as a line break at its end; take it out of the secret`,
  );
}

/** Git's configuration as a file: everybody with our user can read the environment of a process. */
function describeHttpSection(settings: readonly (readonly [string, string])[]): string {
  const lines = settings.map(([key, value]) => `\t${key} = "${value.replace(/["\\]/g, '\\$&')}"\n`);
  return `[http]\n${lines.join('')}`;
}

interface PrivateFolders {
  /** What git starts. */
  readonly folder: string;
  /** Secrets. */
  readonly vault: string;
}

async function openSsh(
  { credentials, proxy }: GitRemote,
  url: URL,
  { folder, vault }: PrivateFolders,
  base: Environment,
): Promise<Environment> {
  if (credentials.kind !== 'ssh')
    throw new GitError(
      'AUTHENTICATION_FAILED',
      `'${url.href}' is reached by ssh and needs a secret with identity and known_hosts`,
    );
  const identity = await writePrivate(vault, 'identity', `${credentials.identity.reveal().trimEnd()}\n`);
  const knownHosts = await writePrivate(vault, 'known_hosts', `${credentials.knownHosts.trimEnd()}\n`);
  const environment = {
    ...base,
    GIT_SSH_VARIANT: 'ssh',
    GIT_SSH_COMMAND: describeSsh(identity, knownHosts, credentials.passphrase !== undefined, proxy !== undefined),
    ...(proxy === undefined ? {} : { TAGALONG_PROXY_FILE: await writePrivate(vault, 'proxy', checkLine(proxy, 'the proxy')) }),
  };
  if (credentials.passphrase === undefined) return environment;
  return { ...environment, ...(await describeAskpass({ folder, vault }, credentials.passphrase.reveal())) };
}

function describeSsh(identity: string, knownHosts: string, hasPassphrase: boolean, hasProxy: boolean): string {
  const options = [
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile="${knownHosts}"`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'PreferredAuthentications=publickey',
    'NumberOfPasswordPrompts=1',
    'ConnectTimeout=30',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
    'ControlMaster=no',
    'ControlPath=none',
    'ForwardAgent=no',
    'PermitLocalCommand=no',
    `BatchMode=${hasPassphrase ? 'no' : 'yes'}`,
    ...(hasProxy ? [`ProxyCommand=${proxyCommand()}`] : []),
  ];
  return ['ssh', '-F', '/dev/null', '-i', identity, ...options.flatMap((option) => ['-o', option])].map(quoteForShell).join(' ');
}

function proxyCommand(): string {
  const program = fileURLToPath(new URL(`./proxy-command${extname(import.meta.url)}`, import.meta.url));
  // ssh takes a percent sign for a token of its own, and runs the line in a shell.
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', program].map((word) =>
    quoteForShell(word.replaceAll('%', '%%')),
  );
  return [...words, '%h', '%p'].join(' ');
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

async function describeAskpass({ folder, vault }: PrivateFolders, passphrase: string): Promise<Environment> {
  const file = await writePrivate(vault, 'passphrase', passphrase);
  const script = join(folder, 'askpass');
  await writeFile(script, '#!/bin/sh\nexec cat "$TAGALONG_PASSPHRASE_FILE"\n', { mode: 0o700 });
  return { SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0', TAGALONG_PASSPHRASE_FILE: file };
}

async function writePrivate(folder: string, name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

function secretsOf({ credentials, clientCertificate, proxy }: GitRemote): string[] {
  const proxyUrl = proxy === undefined ? null : URL.parse(proxy);
  const proxySecrets = proxyUrl && proxyUrl.password !== '' ? [proxyUrl.password, decodeURIComponent(proxyUrl.password)] : [];
  return [...credentialSecrets(credentials), ...(clientCertificate ? [clientCertificate.key.reveal()] : []), ...proxySecrets];
}

function credentialSecrets(credentials: GitCredentials): string[] {
  switch (credentials.kind) {
    case 'none':
      return [];
    case 'basic': {
      const password = credentials.password.reveal();
      return [password, encodeURIComponent(password), Buffer.from(`${credentials.username}:${password}`).toString('base64')];
    }
    case 'bearer':
      return [credentials.token.reveal()];
    case 'ssh':
      return [credentials.identity.reveal(), ...(credentials.passphrase ? [credentials.passphrase.reveal()] : [])];
    default:
      return credentials satisfies never;
  }
}

/** Removes what a killed process left in the temporary folder: private folders whose process is gone, or was this one's number before. */
export async function removePrivateLeftovers(): Promise<void> {
  const startedAt = performance.timeOrigin;
  for (const root of new Set([tmpdir(), await privateRoot()])) await removeLeftovers(root, startedAt);
}

async function removeLeftovers(root: string, startedAt: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const pid = Number(/^tagalong-git-([0-9]+)-/.exec(name)?.[1]);
    if (!pid) continue;
    const folder = join(root, name);
    const seen = await stat(folder).catch(() => null);
    if (seen === null || seen.uid !== process.getuid?.()) continue;
    if (pid === process.pid ? seen.birthtimeMs < startedAt - 1_000 : !isRunning(pid))
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
