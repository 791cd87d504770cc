import type { GitMirror, GitRemote, Oid } from '../core/index.ts';
import { cleanText } from '../git/index.ts';
import { SourceError } from './error.ts';
import type { Submodule } from './overlay.ts';
import { resolveGitRef } from './resolve-git-ref.ts';
import { submoduleRemote } from './submodule-remote.ts';

/** A repository with more submodules than this, or deeper ones, is refused: each is fetched. */
export const submodulesAtMost = 100;
const depthAtMost = 10;

export interface SubmoduleOptions {
  /** Opens the mirror of a submodule's remote. */
  open(remote: GitRemote): Promise<GitMirror>;
  readonly signal: AbortSignal;
}

interface Place {
  readonly mirror: GitMirror;
  readonly commit: Oid;
  /** From the root of the whole; '' is the root. */
  readonly folder: string;
  readonly depth: number;
}

/**
 * The submodules of a commit and theirs in turn, outer ones first, each fetched if its commit is not known. What `.gitmodules` says is a
 * stranger's text: addresses are checked, and credentials go to the parent's own server alone. An entry without a place in the tree, and a
 * place without an entry, is left out, as git has it.
 */
export async function findSubmodules(mirror: GitMirror, commit: Oid, options: SubmoduleOptions): Promise<Submodule[]> {
  const found: Submodule[] = [];
  const waiting: Place[] = [{ mirror, commit, folder: '', depth: 0 }];
  for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
    for (const entry of await readEntries(place)) {
      const path = place.folder === '' ? entry.path : `${place.folder}/${entry.path}`;
      if (place.depth === depthAtMost || found.length === submodulesAtMost)
        throw failed(path, `there are more than ${submodulesAtMost} submodules, or they lie deeper than ${depthAtMost}`);
      const opened = await openSubmodule(place, path, entry, options);
      found.push({ path, reader: opened, commit: entry.commit });
      waiting.push({ mirror: opened, commit: entry.commit, folder: path, depth: place.depth + 1 });
    }
  }
  return found;
}

interface Entry {
  readonly path: string;
  readonly url: string;
  readonly commit: Oid;
}

async function readEntries({ mirror, commit }: Place): Promise<Entry[]> {
  const file = await mirror.entry(commit, '.gitmodules');
  if (file === null || !file.mode.startsWith('100')) return [];
  const links = new Map((await mirror.tree(commit)).flatMap(({ path, mode, oid }) => (mode === '160000' ? [[path, oid]] : [])));
  if (links.size === 0) return [];
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const [name, value] of await mirror.settings(file.oid)) {
    const [, module = '', key = ''] = /^submodule\.(.+)\.(path|url)$/s.exec(name) ?? [];
    if (key !== '') modules.set(module, { ...modules.get(module), [key]: value });
  }
  return [...modules.values()].flatMap(({ path, url }) => {
    const link = path === undefined ? undefined : links.get(path.replace(/\/+$/, ''));
    return path === undefined || url === undefined || link === undefined
      ? []
      : [{ path: path.replace(/\/+$/, ''), url, commit: link }];
  });
}

async function openSubmodule(place: Place, path: string, { url, commit }: Entry, options: SubmoduleOptions): Promise<GitMirror> {
  try {
    const mirror = await options.open(submoduleRemote(place.mirror.remote, url));
    await resolveGitRef(mirror, { commit }, { pickSemver: () => null, signal: options.signal });
    return mirror;
  } catch (cause) {
    throw failed(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function failed(path: string, because: string, cause?: unknown): SourceError {
  const details = cause === undefined ? {} : { cause };
  return new SourceError('SUBMODULE_FAILED', `failed to check out submodule '${cleanText(path)}': ${because}`, details);
}
