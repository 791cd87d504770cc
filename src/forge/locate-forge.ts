import type { ForgeKind } from '../core/index.ts';

export interface ForgePlace {
  readonly kind: ForgeKind;
  readonly apiUrl: string;
  readonly repository: string;
}

/** What somebody said about the forge, where the host alone does not tell. */
export interface ForgeHints {
  readonly kind?: string | undefined;
  readonly apiUrl?: string | undefined;
}

export type LocatedForge =
  | { readonly kind: 'found'; readonly place: ForgePlace }
  | { readonly kind: 'unknown'; readonly because: string };

const publicForges: Readonly<Record<string, ForgeKind>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
  'gitea.com': 'gitea',
};

/** Which forge a repository is on, where its API is and how the repository is called there, from the URL that git uses. */
export function locateForge(remoteUrl: string, hints: ForgeHints): LocatedForge {
  const remote = URL.parse(remoteUrl);
  if (remote === null) return unknown('its URL cannot be read');
  const kind = readKind(hints.kind, remote.hostname);
  if (kind === null) return unknown(`'${remote.hostname}' is none of the forges known by name; say which one it is`);
  const repository = decodeURIComponent(remote.pathname)
    .replace(/^\/+/, '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  if (!/^[\w.-]+(\/[\w.-]+)+$/.test(repository) || /(^|\/)\.\.?(\/|$)/.test(repository))
    return unknown(`'${repository.slice(0, 100)}' is not <owner>/<repository>`);
  if (kind !== 'gitlab' && repository.split('/').length !== 2) return unknown(`'${repository}' is not <owner>/<repository>`);
  const apiUrl = hints.apiUrl === undefined ? defaultApi(kind, remote) : checkApi(hints.apiUrl);
  return apiUrl === null
    ? unknown('the URL of its API is none of http or https')
    : { kind: 'found', place: { kind, apiUrl, repository } };
}

function readKind(hint: string | undefined, host: string): ForgeKind | null {
  if (hint === 'forgejo') return 'gitea';
  if (hint === 'github' || hint === 'gitlab' || hint === 'gitea') return hint;
  return publicForges[host] ?? null;
}

/** https, but where git itself goes by plain HTTP; a host that is reached by ssh serves its API at its usual port. */
function defaultApi(kind: ForgeKind, remote: URL): string {
  const origin =
    remote.protocol === 'http:' ? remote.origin : `https://${remote.protocol === 'ssh:' ? remote.hostname : remote.host}`;
  if (kind !== 'github') return origin;
  return remote.hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
}

function checkApi(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function unknown(because: string): LocatedForge {
  return { kind: 'unknown', because };
}
