import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgressCheck } from '../../auth/index.ts';
import { type Forge, type ForgeRequest, type GitMirror, type Oid, Secret } from '../../core/index.ts';
import { createForges, type ForgePlace } from '../../forge/index.ts';
import { createGit, openWorkTree } from '../../git/index.ts';
import { CliError } from '../error.ts';
import type { Session } from '../session.ts';
import { locatePlace } from './locate-place.ts';
import { readToken } from './read-token.ts';
import type { PullRequestOptions } from './request-options.ts';

/** The repository that a request goes to, as its forge and its git tell now. */
export interface RequestTarget extends AsyncDisposable {
  readonly mirror: GitMirror;
  readonly forge: Forge;
  readonly base: string;
  readonly branch: string;
  /** Where the base is. */
  readonly head: Oid;
  /** Where the branch is; null where there is none. */
  readonly standing: Oid | null;
  /** From the branch, newest first, whatever became of them. */
  readonly requests: readonly ForgeRequest[];
  /** The path of a file of the folder as the repository knows it. */
  pathOf(file: string): string;
}

const usernames: Readonly<Record<ForgePlace['kind'], string>> = { github: 'x-access-token', gitlab: 'oauth2', gitea: 'tagalong' };

/** Fetches the remote of the folder and asks its forge. Nothing is written but a mirror in a temporary folder, which goes with the target. */
export async function openRequestTarget(
  root: string,
  options: PullRequestOptions & { readonly branch: string },
  session: Session,
): Promise<RequestTarget> {
  await using stack = new AsyncDisposableStack();
  const { url, place, base, branch } = await locatePlace(root, options);
  const token = new Secret(await readToken(options.tokenFile, session.environment));
  const state = await mkdtemp(join(tmpdir(), 'tagalong-request-'));
  stack.defer(() => rm(state, { recursive: true, force: true }));
  const tree = await openWorkTree(root);
  if (tree === null) throw new CliError('USAGE', `--pull-request: ${root} is in no git work tree`);
  stack.use(tree);
  const git = stack.adopt(createGit({ stateFolder: state, clock: session.clock }), (open) => open.close());
  const checkAddress = createEgressCheck({ allowLoopback: true });
  const forges = stack.adopt(createForges({ clock: session.clock, checkAddress }), (open) => open.close());
  const mirror = await git.mirror({ url, credentials: { kind: 'basic', username: usernames[place.kind], password: token } });
  await mirror.fetch(session.signal);
  const refs = await mirror.refs();
  const head = refs.get(`refs/heads/${base}`);
  if (head === undefined) throw new CliError('FAILED', `the remote has no branch ${base}; push it, or name another by --base`);
  const forge = await forges.forge({ ...place, token });
  const requests = await forge.list(branch, session.signal);
  const owned = stack.move();
  return {
    ...{ mirror, forge, base, branch, head, requests },
    standing: refs.get(`refs/heads/${branch}`) ?? null,
    pathOf: (file) => tree.pathOf(join(root, file)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
