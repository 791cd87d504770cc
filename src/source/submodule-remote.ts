import type { GitRemote } from '../core/index.ts';
import { SourceError } from './error.ts';

const protocols = ['http:', 'https:', 'ssh:', 'file:'];

/**
 * The remote of a submodule whose parent is `parent`: relative addresses count from the parent's, `host:path` is ssh. The parent's credentials
 * and client certificate go along only to the same protocol, host and port; its authority and proxy always. Throws SUBMODULE_FAILED.
 */
export function submoduleRemote(parent: GitRemote, text: string): GitRemote {
  const from = new URL(parent.url);
  const url = parseAddress(text, from);
  // A path of this machine only where the parent is one.
  if (!protocols.includes(url.protocol) || (url.protocol === 'file:' && from.protocol !== 'file:'))
    throw refuse(`its protocol '${url.protocol}' is not allowed`);
  const isSameServer = url.protocol === from.protocol && url.host === from.host;
  const { credentials, clientCertificate, owner, ...common } = parent;
  if (isSameServer && url.protocol === 'ssh:' && url.username === '') url.username = from.username;
  if (url.protocol !== 'ssh:') url.username = '';
  url.password = ''; // what a repository says to log in with is nobody's secret, and none of ours
  if (!isSameServer) return { ...common, url: url.href, credentials: { kind: 'none' } };
  return { ...parent, url: url.href };
}

function parseAddress(text: string, from: URL): URL {
  if (/[\u0000-\u0020\u007f]/.test(text) || text.startsWith('-')) throw refuse('it is no address');
  if (/^\.{1,2}(\/|$)/.test(text)) return resolveRelative(text, from);
  const [, user, host, path] = /^(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)(.+)$/.exec(text) ?? [];
  const written =
    host !== undefined && !text.includes('://') && !text.includes('::')
      ? `ssh://${user ?? 'git'}@${host}/${path?.replace(/^\/+/, '')}`
      : text;
  const url = URL.parse(written);
  if (url === null || text.includes('::')) throw refuse('it is no address'); // `ext::…` and the like run programs
  return url;
}

/** As git does it: `..` takes one part off the parent's path, `.git` and all. */
function resolveRelative(text: string, from: URL): URL {
  const parts = from.pathname.split('/').filter((part) => part !== '');
  for (const part of text.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw refuse('it leaves the server');
    if (part !== '..' && part !== '.' && part !== '') parts.push(part);
  }
  const url = new URL(from);
  url.pathname = `/${parts.join('/')}`;
  return url;
}

function refuse(because: string): SourceError {
  return new SourceError('SUBMODULE_FAILED', `the URL in .gitmodules is refused: ${because}`);
}
