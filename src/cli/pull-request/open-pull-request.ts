import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgressCheck } from '../../auth/index.ts';
import { type Forge, type ForgeRequest, type GitMirror, type Oid, Secret } from '../../core/index.ts';
import { createForges, type ForgePlace } from '../../forge/index.ts';
import { createGit, isOid, openWorkTree } from '../../git/index.ts';
import { CliError } from '../error.ts';
import type { Session } from '../session.ts';
import { locatePlace } from './locate-place.ts';
import { readToken } from './read-token.ts';

/** How a pull request is asked for on the command line. */
export interface PullRequestOptions {
  readonly pullRequest?: boolean;
  /** It goes into this branch; by default the one that is checked out. */
  readonly base?: string;
  /** It comes from this branch. */
  readonly branch?: string;
  readonly forge?: string;
  readonly forgeUrl?: string;
  readonly repository?: string;
  readonly tokenFile?: string;
}

/** A file that the request brings, from the folder. */
export interface RequestedChange {
  readonly path: string;
  /** What stands in the folder; null for a new file. */
  readonly before: Buffer | null;
  readonly after: Buffer;
}

/** Its texts. */
export interface RequestText {
  readonly title: string;
  readonly body: string;
}

export interface OpenedRequest {
  readonly url: string;
  readonly number: number;
  readonly branch: string;
  /** `pull request #12 opened`. */
  readonly what: string;
}

const trailer = 'Tagalong-Request: true';
const author = { name: 'tagalong', email: 'tagalong@localhost' };

/**
 * Commits changes of a folder on a branch of the remote that the folder was cloned from, and opens a pull request. The folder itself and
 * its branches stay as they are. Null where there is nothing to change. Throws where the remote has something else than the folder.
 */
export async function openPullRequest(
  root: string,
  changes: readonly RequestedChange[],
  options: PullRequestOptions & { readonly text?: RequestText },
  session: Session,
): Promise<OpenedRequest | null> {
  if (changes.length === 0) return null;
  await using stack = new AsyncDisposableStack();
  const target = await locatePlace(root, options);
  const token = await readToken(options.tokenFile, session.environment);
  const state = await mkdtemp(join(tmpdir(), 'tagalong-request-'));
  stack.defer(() => rm(state, { recursive: true, force: true }));
  const git = stack.adopt(createGit({ stateFolder: state, clock: session.clock }), (open) => open.close());
  const forges = stack.adopt(
    createForges({ clock: session.clock, checkAddress: createEgressCheck({ allowLoopback: true }) }),
    (open) => open.close(),
  );
  const credentials = { kind: 'basic', username: usernames[target.place.kind], password: new Secret(token) } as const;
  const mirror = await git.mirror({ url: target.url, credentials });
  const forge = await forges.forge({ ...target.place, token: new Secret(token) });
  const text = options.text ?? defaultText;
  const commit = await pushBranch(mirror, await inRepository(root, changes), { ...target, text, session });
  return await requestFor(forge, { ...target, text, commit }, session);
}

const usernames: Readonly<Record<ForgePlace['kind'], string>> = { github: 'x-access-token', gitlab: 'oauth2', gitea: 'tagalong' };

const defaultText: RequestText = {
  title: 'Mark images for updates',
  body: 'Each marker hands one value to an ImagePolicy; nothing but comments changes, beside new files with the policies.',
};

interface Aim {
  readonly base: string;
  readonly branch: string;
  readonly text: RequestText;
}

/** Paths as the repository knows them. */
async function inRepository(root: string, changes: readonly RequestedChange[]): Promise<RequestedChange[]> {
  await using tree = await openWorkTree(root);
  if (tree === null) throw new CliError('USAGE', `--pull-request: ${root} is in no git work tree`);
  const { pathOf } = tree;
  return changes.map((change) => ({ ...change, path: pathOf(join(root, change.path)) }));
}

async function pushBranch(
  mirror: GitMirror,
  changes: readonly RequestedChange[],
  { base, branch, text, session }: Aim & { readonly session: Session },
): Promise<Oid> {
  await mirror.fetch(session.signal);
  const refs = await mirror.refs();
  const head = refs.get(`refs/heads/${base}`);
  if (head === undefined) throw new CliError('FAILED', `the remote has no branch ${base}; push it, or name another by --base`);
  await checkSame(mirror, head, changes, base);
  const standing = refs.get(`refs/heads/${branch}`) ?? null;
  if (standing !== null) await checkOurs(mirror, standing, branch);
  const commit = await mirror.writeCommit({
    parent: head,
    files: new Map(changes.map(({ path, after }) => [path, after] as const)),
    message: `${text.title}\n\n${trailer}\n`,
    author,
    seconds: Math.floor(session.clock.now() / 1000),
  });
  const outcome = await mirror.push(branch, commit, standing, { force: true, signal: session.signal });
  if (outcome.kind === 'pushed') return commit;
  const because = outcome.kind === 'refused' ? outcome.message : 'the branch moved meanwhile; run again';
  throw new CliError('FAILED', `pushing ${branch}: ${because}`);
}

/** What was read in the folder has to be what the request changes. */
async function checkSame(mirror: GitMirror, head: Oid, changes: readonly RequestedChange[], base: string): Promise<void> {
  for (const { path, before } of changes) {
    const entry = await mirror.entry(head, path);
    const standing = entry?.type === 'blob' && isOid(entry.oid) ? await mirror.blob(entry.oid) : null;
    const isSame = before === null ? standing === null : standing?.equals(before) === true;
    if (!isSame)
      throw new CliError('FAILED', `${path} is not what ${base} of the remote has; pull, or push your own commits first`);
  }
}

/** A branch that somebody else wrote to is left alone. */
async function checkOurs(mirror: GitMirror, standing: Oid, branch: string): Promise<void> {
  const { message } = await mirror.commit(standing);
  if (message.includes(`\n${trailer}`)) return;
  throw new CliError('FAILED', `the remote has a branch ${branch} with commits of others; name another by --branch`);
}

async function requestFor(forge: Forge, aim: Aim & { readonly commit: Oid }, { signal }: Session): Promise<OpenedRequest> {
  const { base, branch, text } = aim;
  const standing = (await forge.list(branch, signal)).find((request) => request.state === 'open' && request.base === base);
  if (standing !== undefined) await forge.edit(standing.number, text, signal);
  const request: ForgeRequest = standing ?? (await forge.open({ base, branch, ...text }, signal));
  const what = `${forge.describe(request.number)} ${standing === undefined ? 'opened' : 'brought up to date'}`;
  return { url: request.url, number: request.number, branch, what };
}
