import type { ForgeRequest, Oid } from '../../core/index.ts';
import { isOid } from '../../git/index.ts';
import { carriesAlready } from '../../reconcilers/index.ts';
import { CliError } from '../error.ts';
import type { Session } from '../session.ts';
import type { RequestTarget } from './open-request-target.ts';
import { readRequestCommits, requestTrailer } from './own-commits.ts';

/** Its texts. */
export interface RequestText {
  readonly title: string;
  readonly body: string;
}

/** What a request is to carry. */
export interface RequestOrder {
  /** Each file that changes, by its path in the repository, and what it is made from. */
  readonly changes: readonly { readonly path: string; readonly before: Buffer | null }[];
  /** One upon the other, upon the base; at least one. */
  readonly commits: readonly RequestCommit[];
  readonly text: RequestText;
}

export interface RequestCommit {
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly files: ReadonlyMap<string, Buffer>;
}

export interface OpenedRequest {
  readonly url: string;
  readonly number: number;
  readonly branch: string;
  /** `pull request #12 opened`. */
  readonly what: string;
}

/** Makes the branch carry exactly these commits upon the base, and opens its request or brings it up to date. */
export async function deliverRequest(target: RequestTarget, order: RequestOrder, session: Session): Promise<OpenedRequest> {
  const { mirror, branch, standing } = target;
  await checkSame(target, order.changes);
  const there = await readRequestCommits(target);
  if (there.kind === 'foreign')
    throw new CliError('FAILED', `the remote has a branch ${branch} with commits of others; name another by --branch`);
  const commits = await writeCommits(target, order.commits, session);
  // Another push of the same would only start checks anew.
  const isThere = await carriesAlready(mirror, there.commits, commits, target.head);
  const last = commits.at(-1);
  if (!isThere && last !== undefined) {
    const outcome = await mirror.push(branch, last, standing, { force: true, signal: session.signal });
    const because = outcome.kind === 'refused' ? outcome.message : 'the branch moved meanwhile; run again';
    if (outcome.kind !== 'pushed') throw new CliError('FAILED', `pushing ${branch}: ${because}`);
  }
  return await requestFor(target, order.text, isThere, session);
}

/** What was read in the folder has to be what the request changes. */
async function checkSame({ mirror, head, base }: RequestTarget, changes: RequestOrder['changes']): Promise<void> {
  for (const { path, before } of changes) {
    const entry = await mirror.entry(head, path);
    const there = entry?.type === 'blob' && isOid(entry.oid) ? await mirror.blob(entry.oid) : null;
    const isSame = before === null ? there === null : there?.equals(before) === true;
    if (!isSame)
      throw new CliError('FAILED', `${path} is not what ${base} of the remote has; pull, or push your own commits first`);
  }
}

async function writeCommits(
  { mirror, head }: Pick<RequestTarget, 'mirror' | 'head'>,
  commits: readonly RequestCommit[],
  { clock }: Session,
): Promise<Oid[]> {
  const seconds = Math.floor(clock.now() / 1000);
  const written: Oid[] = [];
  for (const { message, author, files } of commits) {
    const parent = written.at(-1) ?? head;
    const text = `${message.trimEnd()}\n\n${requestTrailer}: true\n`;
    written.push(await mirror.writeCommit({ parent, files, message: text, author, seconds }));
  }
  return written;
}

async function requestFor(
  { forge, requests, base, branch }: RequestTarget,
  text: RequestText,
  isThere: boolean,
  { signal }: Session,
): Promise<OpenedRequest> {
  const open = requests.find((request) => request.state === 'open' && request.base === base);
  const isSame = open !== undefined && isSameText(open, text);
  if (open !== undefined && !isSame) await forge.edit(open.number, text, signal);
  const request: ForgeRequest = open ?? (await forge.open({ base, branch, ...text }, signal));
  const verb = open === undefined ? 'opened' : isSame && isThere ? 'is up to date' : 'brought up to date';
  return { url: request.url, number: request.number, branch, what: `${forge.describe(request.number)} ${verb}` };
}

/** Forges trim texts, and end their lines as they like. */
function isSameText(a: RequestText, b: RequestText): boolean {
  const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
  return plain(a.title) === plain(b.title) && plain(a.body) === plain(b.body);
}
