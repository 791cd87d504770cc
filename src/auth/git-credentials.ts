import { type GitRemote, Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import { describeSecret, readSecretData, type SecretData, type SecretObject } from './secret-data.ts';
import { readTls } from './tls-from-secret.ts';

/** The pieces of a `GitRemote` that a URL and its Secret give. */
export type GitAccess = Pick<GitRemote, 'url' | 'credentials' | 'ca' | 'clientCertificate' | 'owner'>;

/**
 * Reads Flux's keys: `username` and `password`, or `bearerToken`, with `ca.crt` (`caFile`) and `tls.crt`, `tls.key` for http
 * and https; `identity`, `known_hosts` and `password` (the key's passphrase) for ssh. User information in the URL fills gaps
 * and is taken out of it, but for the login name of ssh. `secret` is null where no `secretRef` is set. Throws INVALID_SECRET or INVALID_URL with Flux's texts.
 */
export function gitCredentials(secret: SecretObject | null, url: string): GitAccess {
  const { address, login } = splitUrl(url);
  const data = secret === null ? noData : readSecretData(secret);
  switch (address.protocol) {
    case 'http:':
    case 'https:':
      return { url: address.href, ...httpAccess(secret, data, login, address.protocol) };
    case 'ssh:':
      // Who logs in is no secret, and the URL is where git and ssh look for it.
      address.username = data.text('username') ?? login.username ?? 'git';
      return { url: address.href, credentials: sshCredentials(data) };
    case 'file:':
      return { url: address.href, credentials: { kind: 'none' } };
    default:
      throw new AuthError('INVALID_URL', `unknown transport '${address.protocol.slice(0, -1)}'`, { retry: 'never' });
  }
}

interface Login {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const noData: SecretData = { text: () => undefined, firstText: () => undefined };

function httpAccess(
  secret: SecretObject | null,
  data: SecretData,
  login: Login,
  protocol: 'http:' | 'https:',
): Omit<GitAccess, 'url'> {
  const username = data.text('username') ?? login.username;
  const password = data.text('password') ?? login.password;
  const bearerToken = data.text('bearerToken');
  const where = secret === null ? '' : `${describeSecret(secret)}: `;
  if (username === undefined && password !== undefined)
    throw invalid(`${where}invalid '${protocol.slice(0, -1)}' auth option: 'password' requires 'username' to be set`);
  if (bearerToken !== undefined && username !== undefined)
    throw invalid(`${where}basic auth and bearer token cannot be set at the same time`);
  return { credentials: httpCredentials(username, password, bearerToken), ...tlsAccess(secret) };
}

function httpCredentials(
  username: string | undefined,
  password: string | undefined,
  bearerToken: string | undefined,
): GitAccess['credentials'] {
  if (bearerToken !== undefined) return { kind: 'bearer', token: new Secret(bearerToken) };
  if (username !== undefined) return { kind: 'basic', username, password: new Secret(password ?? '') };
  return { kind: 'none' };
}

function tlsAccess(secret: SecretObject | null): Pick<GitAccess, 'ca' | 'clientCertificate'> {
  if (secret === null) return {};
  const { ca, certificate, key } = readTls(secret);
  return {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && key !== undefined && { clientCertificate: { certificate, key } }),
  };
}

function sshCredentials(data: SecretData): GitAccess['credentials'] {
  const identity = data.text('identity');
  const knownHosts = data.text('known_hosts');
  const passphrase = data.text('password');
  if (identity === undefined) throw invalid("invalid 'ssh' auth option: 'identity' is required");
  if (knownHosts === undefined) throw invalid("invalid 'ssh' auth option: 'known_hosts' is required");
  return {
    kind: 'ssh',
    identity: new Secret(identity),
    knownHosts,
    ...(passphrase !== undefined && { passphrase: new Secret(passphrase) }),
  };
}

/** The URL without its user information, and that. */
function splitUrl(url: string): { address: URL; login: Login } {
  // The text is not shown: it may carry a password.
  if (!URL.canParse(url)) throw new AuthError('INVALID_URL', 'the url cannot be parsed', { retry: 'never' });
  const address = new URL(url);
  const login = { username: decodePart(address.username), password: decodePart(address.password) };
  address.username = '';
  address.password = '';
  return { address, login };
}

function decodePart(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a lone % is meant as itself
  }
}

function invalid(message: string): AuthError {
  return new AuthError('INVALID_SECRET', message);
}
