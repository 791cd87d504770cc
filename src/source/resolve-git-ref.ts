import type { GitMirror, Oid } from '../core/index.ts';
import { cleanText, isOid } from '../git/index.ts';
import { SourceError } from './error.ts';

/** `spec.ref` of a GitRepository. */
export interface GitRef {
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  readonly semver?: string | undefined;
  readonly name?: string | undefined;
  readonly commit?: string | undefined;
}

export interface GitRefOptions {
  /** The newest of the tags in the range (Masterminds constraint), or null when none is. */
  pickSemver(range: string, tags: readonly string[]): string | null;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedGitRef {
  readonly commit: Oid;
  /** `main@sha1:<oid>`, `v1.2.3@sha1:<oid>`, `refs/pull/1/head@sha1:<oid>` or `sha1:<oid>`. */
  readonly revision: string;
  /** The ref it was found by, if it was one. */
  readonly ref: string | null;
  /** The tag it was found by, if it was one: whose signature may have to be checked. */
  readonly tag: string | null;
}

const defaultBranch = 'master';
const attempted = 'failed to checkout and determine revision';

/**
 * The commit a GitRepository wants now, present in the mirror afterwards. Precedence as in Flux's code: commit, name, tag, semver,
 * branch (`master` where nothing is said). One request when the remote has not changed; a fetch only for what the mirror lacks.
 */
export async function resolveGitRef(mirror: GitMirror, ref: GitRef | undefined, options: GitRefOptions): Promise<ResolvedGitRef> {
  if (ref?.commit) return resolveCommit(mirror, ref.commit, ref.branch, options.signal);
  const remote = await listRefs(mirror, options.signal);
  if (ref?.name) return resolveName(mirror, remote, ref.name, options.signal);
  if (ref?.tag) return resolveListed(mirror, remote, `refs/tags/${ref.tag}`, ref.tag, options.signal);
  if (ref?.semver) return resolveSemver(mirror, remote, ref.semver, options);
  const branch = ref?.branch || defaultBranch;
  return resolveListed(mirror, remote, `refs/heads/${branch}`, branch, options.signal);
}

async function listRefs(mirror: GitMirror, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, Oid>> {
  const remote = await mirror.listRemote(signal);
  if (remote.size === 0) throw new SourceError('EMPTY_REPOSITORY', 'git repository is empty');
  return remote;
}

/** The commit itself needs no request once it is known. With a branch it must be part of it, as a clone of that branch alone would have it. */
async function resolveCommit(
  mirror: GitMirror,
  commit: string,
  branch: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ResolvedGitRef> {
  if (!isOid(commit))
    throw new SourceError(
      'INVALID_REF',
      `${attempted}: '${cleanText(commit)}' is not a full commit id of 40 hexadecimal digits`,
      { retry: 'never' },
    );
  // Without a branch the commit alone is enough, if the server hands it out; else it is looked for in everything there is.
  if (!branch && !(await mirror.has(commit))) await mirror.fetchRef(commit, signal);
  if (!(await isReady(mirror, commit, branch))) await mirror.fetch(signal);
  if (!(await mirror.has(commit))) await mirror.fetchRef(commit, signal);
  if (!(await mirror.has(commit))) throw notFound(mirror, `object not found: commit ${commit}`);
  if (!branch) return { commit, revision: `sha1:${commit}`, ref: null, tag: null };
  const head = (await mirror.refs()).get(`refs/heads/${branch}`);
  if (head === undefined) throw notFound(mirror, `couldn't find remote ref "refs/heads/${cleanText(branch)}"`);
  if (!(await mirror.isAncestor(commit, head)))
    throw notFound(mirror, `commit ${commit} is not part of branch '${cleanText(branch)}'`);
  return { commit, revision: `${branch}@sha1:${commit}`, ref: null, tag: null };
}

async function isReady(mirror: GitMirror, commit: Oid, branch: string | undefined): Promise<boolean> {
  if (!(await mirror.has(commit))) return false;
  if (branch && !(await mirror.isWhole())) return false; // what follows what is told by history alone
  const head = branch ? (await mirror.refs()).get(`refs/heads/${branch}`) : commit;
  return head !== undefined && mirror.isAncestor(commit, head);
}

async function resolveName(
  mirror: GitMirror,
  remote: ReadonlyMap<string, Oid>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ResolvedGitRef> {
  if (name.startsWith('/') || name.endsWith('/')) {
    throw new SourceError('INVALID_REF', `${attempted}: ref name '${cleanText(name)}' must not begin or end with '/'`, {
      retry: 'never',
    });
  }
  if (/^refs\/(heads|tags)\//.test(name)) return resolveListed(mirror, remote, name, name, signal);
  const listed = remote.get(`${name}^{}`) ?? remote.get(name);
  if (listed === undefined) throw notFound(mirror, `couldn't find remote ref "${cleanText(name)}"`);
  const commit = (await mirror.has(listed)) ? listed : await mirror.fetchRef(name, signal);
  if (commit === null) throw notFound(mirror, `couldn't find remote ref "${cleanText(name)}"`);
  return { commit, revision: `${name}@sha1:${commit}`, ref: name, tag: null };
}

function resolveSemver(
  mirror: GitMirror,
  remote: ReadonlyMap<string, Oid>,
  range: string,
  options: GitRefOptions,
): Promise<ResolvedGitRef> {
  const tags = [...remote.keys()].flatMap((ref) =>
    ref.startsWith('refs/tags/') && !ref.endsWith('^{}') ? [ref.slice('refs/tags/'.length)] : [],
  );
  const tag = options.pickSemver(range, tags);
  if (tag === null) throw notFound(mirror, `no match found for semver: ${cleanText(range)}`);
  return resolveListed(mirror, remote, `refs/tags/${tag}`, tag, options.signal);
}

/** A branch or tag: fetched only if the mirror does not have it where the remote has it. */
async function resolveListed(
  mirror: GitMirror,
  remote: ReadonlyMap<string, Oid>,
  ref: string,
  shown: string,
  signal: AbortSignal | undefined,
): Promise<ResolvedGitRef> {
  const listed = remote.get(`${ref}^{}`) ?? remote.get(ref);
  if (listed === undefined) throw notFound(mirror, `couldn't find remote ref "${cleanText(ref)}"`);
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1] ?? null;
  if (!(await isAsListed(mirror, ref, tag, { commit: listed, object: remote.get(ref) }))) await bring(mirror, ref, signal);
  const commit = (await mirror.refs()).get(ref);
  if (commit === undefined) throw notFound(mirror, `couldn't find remote ref "${cleanText(ref)}"`);
  return { commit, revision: `${shown}@sha1:${commit}`, ref, tag };
}

/** A tag may be made anew, and signed by somebody else, for the same commit. */
async function isAsListed(
  mirror: GitMirror,
  ref: string,
  tag: string | null,
  listed: { readonly commit: Oid; readonly object: Oid | undefined },
): Promise<boolean> {
  if ((await mirror.refs()).get(ref) !== listed.commit || !(await mirror.has(listed.commit))) return false;
  return tag === null || ((await mirror.tagObject(tag)) ?? listed.commit) === listed.object;
}

/** A mirror that somebody needs whole stays so; else the ref comes alone. */
async function bring(mirror: GitMirror, ref: string, signal: AbortSignal | undefined): Promise<void> {
  if (await mirror.isWhole()) await mirror.fetch(signal);
  else await mirror.fetchRef(ref, signal);
}

function notFound(mirror: GitMirror, because: string): SourceError {
  return new SourceError('REF_NOT_FOUND', `${attempted}: unable to clone '${cleanText(mirror.remote.url)}': ${because}`);
}
