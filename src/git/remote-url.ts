import { GitError } from './error.ts';

const ports: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443', 'ssh:': '22' };

export function defaultPort({ protocol }: URL): string {
  return ports[protocol] ?? '';
}

/** Checks a remote's URL: a known protocol, no password, nothing git or ssh could take for an option. `file:` only where allowed. */
export function checkRemoteUrl(text: string, allowFileUrls: boolean): URL {
  const url = parseUrl(text);
  const allowed = ['http:', 'https:', 'ssh:', ...(allowFileUrls ? ['file:'] : [])];
  if (!allowed.includes(url.protocol)) throw refuse(`its protocol '${url.protocol}' is not one of ${allowed.join(', ')}`);
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'))
    throw refuse('it carries credentials, which belong into secretRef');
  if (url.username.startsWith('-') || url.hostname.startsWith('-'))
    throw refuse('a user or host beginning with - looks like an option');
  if (url.protocol !== 'file:' && url.hostname === '') throw refuse('it names no host');
  return url;
}

function parseUrl(text: string): URL {
  if (/[\u0000-\u0020\u007f]/.test(text)) throw refuse('it holds white space or control characters');
  const url = URL.parse(text);
  if (url === null) throw refuse('it cannot be parsed');
  return url;
}

// The URL itself stays out of the message: what is wrong with it may be a password in it.
function refuse(because: string): GitError {
  return new GitError('REFUSED_URL', `the URL of the git remote is refused: ${because}`);
}

/** Equal for URLs that name the same repository: ignores a trailing slash and `.git`, default ports and the user. */
export function remoteKey(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  return `${url.protocol}//${url.hostname}:${url.port || defaultPort(url)}${plainPath(url)}`;
}

/** Host and path of a repository, scp's form of ssh included: equal for one that is reached by different protocols, users and ports. */
export function remotePlace(url: string): string {
  const [, host, path] = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url) ?? [];
  const parsed = URL.parse(host === undefined ? url : `ssh://${host}/${path}`);
  return parsed === null ? url : `${parsed.hostname}${plainPath(parsed)}`;
}

function plainPath({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '').replace(/\.git$/, '');
}

/** Whether a redirect may be followed with credentials: the same host and port, or the same host from http to https. */
export function isSameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false;
  if (from.protocol === to.protocol) return from.port === to.port;
  return from.protocol === 'http:' && to.protocol === 'https:' && to.port === '';
}
