import type { Forge, ForgeAccess, ForgeRequest, MergeMethod, MergeOutcome, NewForgeCommit, Oid } from '../core/index.ts';
import { ForgeError } from './error.ts';
import type { ForgeFetch } from './transport.ts';

/** The parts of Gitea's and Forgejo's answers that are read: https://codeberg.org/api/swagger */
interface Pull {
  readonly number: number;
  readonly html_url: string;
  readonly state: 'open' | 'closed';
  readonly merged: boolean;
  readonly title: string;
  readonly body: string | null;
  readonly head: { readonly ref: string; readonly sha: Oid; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly ref: string };
}

const pageSize = 50;
const pagesAtMost = 10;

type Ask = (method: string, path: string, body?: unknown, signal?: AbortSignal) => Promise<{ status: number; data: unknown }>;

/** Gitea's REST API, which Forgejo serves too. */
export function createGitea(access: ForgeAccess, fetch: ForgeFetch): Forge {
  const ask = createAsk(access, fetch);
  const edit = (number: number, change: object, signal?: AbortSignal) => ask('PATCH', `/pulls/${number}`, change, signal);
  return {
    describe: (number) => `pull request #${number}`,
    headRef: (number) => `refs/pull/${number}/head`,
    list: (branch, signal) => listPulls(ask, access.repository, branch, signal),
    // Neither the request nor its issue names who closed it.
    closedBy: async () => null,
    async open({ branch, base, title, body }, signal) {
      const { data } = await ask('POST', '/pulls', { head: branch, base, title, body }, signal);
      return toRequest(data as Pull);
    },
    edit: async (number, { title, body }, signal) => void (await edit(number, { title, body }, signal)),
    async close(number, comment, signal) {
      await ask('POST', `/issues/${number}/comments`, { body: comment }, signal);
      await edit(number, { state: 'closed' }, signal);
    },
    merge: (number, order, signal) => merge(ask, number, order, signal),
    commit: (commit, signal) => changeFiles(ask, commit, signal),
  };
}

function createAsk({ apiUrl, repository, token }: ForgeAccess, fetch: ForgeFetch): Ask {
  const root = `${apiUrl}/api/v1/repos/${repository.split('/').map(encodeURIComponent).join('/')}`;
  return async (method, path, body, signal) => {
    const response = await fetch(`${root}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `token ${token.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    try {
      return { status: response.status, data: text === '' ? null : JSON.parse(text) };
    } catch (cause) {
      throw new ForgeError('UNREACHABLE', `asking the forge: ${method} ${path}: the answer is no JSON`, { cause });
    }
  };
}

/** The listing knows no filter by branch: pages are read, newest first, as far as it is sensible. */
async function listPulls(ask: Ask, repository: string, branch: string, signal?: AbortSignal): Promise<ForgeRequest[]> {
  const found: Pull[] = [];
  for (let page = 1; page <= pagesAtMost; page += 1) {
    const { data } = await ask('GET', `/pulls?state=all&limit=${pageSize}&page=${page}`, undefined, signal);
    const pulls = Array.isArray(data) ? (data as Pull[]) : [];
    found.push(...pulls.filter(({ head }) => head.ref === branch && isSame(head.repo?.full_name, repository)));
    // A server may have a page size of its own, so only an empty page is the last one.
    if (pulls.length === 0) break;
  }
  return found.toSorted((a, b) => b.number - a.number).map(toRequest);
}

function isSame(name: string | undefined, repository: string): boolean {
  return name?.toLowerCase() === repository.toLowerCase();
}

function toRequest({ number, html_url, state, merged, title, body, head, base }: Pull): ForgeRequest {
  const ended = merged ? 'merged' : 'closed';
  return {
    ...{ number, title, url: html_url, body: body ?? '', branch: head.ref, base: base.ref, head: head.sha },
    state: state === 'open' ? 'open' : ended,
  };
}

/** 200: merged. 201: it will be, when the checks have passed. */
async function merge(
  ask: Ask,
  number: number,
  { head, method }: { readonly head: Oid; readonly method: MergeMethod },
  signal?: AbortSignal,
): Promise<MergeOutcome> {
  const order = { Do: method, head_commit_id: head, merge_when_checks_succeed: true, delete_branch_after_merge: false };
  try {
    const { status } = await ask('POST', `/pulls/${number}/merge`, order, signal);
    return status === 201 ? { kind: 'scheduled' } : { kind: 'merged' };
  } catch (error) {
    if (!(error instanceof ForgeError) || error.code !== 'REFUSED') throw error;
    // A second order for the same head is a conflict with the first.
    return /scheduled/i.test(error.message) ? { kind: 'scheduled' } : { kind: 'refused', because: error.message };
  }
}

async function changeFiles(ask: Ask, { branch, message, author, files }: NewForgeCommit, signal?: AbortSignal): Promise<Oid> {
  const changes = files.map(({ path, before, content }) => {
    return { operation: 'update', path, sha: before, content: content.toString('base64') };
  });
  const { data } = await ask('POST', '/contents', { branch, message, author, committer: author, files: changes }, signal);
  const oid = (data as { commit?: { sha?: Oid } } | null)?.commit?.sha;
  if (oid !== undefined) return oid;
  throw new ForgeError('UNREACHABLE', 'making a commit through the forge: the answer names no commit');
}
