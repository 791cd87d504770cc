import { Octokit } from '@octokit/rest';
import type { Forge, ForgeAccess, ForgeRequest, MergeMethod, MergeOutcome, NewForgeCommit, Oid } from '../core/index.ts';
import { ForgeError, unwrapForgeError } from './error.ts';
import type { ForgeFetch } from './transport.ts';

interface Place {
  readonly owner: string;
  readonly repo: string;
}

type Pull = Awaited<ReturnType<Octokit['rest']['pulls']['list']>>['data'][number];

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** GitHub's REST API, and its GraphQL where REST lacks something. */
export function createGitHub(access: ForgeAccess, fetch: ForgeFetch): Forge {
  const octokit = new Octokit({
    auth: access.token.reveal(),
    baseUrl: access.apiUrl,
    userAgent: 'tagalong',
    log: silent,
    request: { fetch },
  });
  const [owner = '', repo = ''] = access.repository.split('/');
  const at: Place = { owner, repo };
  const { pulls, issues } = octokit.rest;
  const ask = <T>(asked: Promise<T>): Promise<T> => asked.catch(unwrapForgeError);
  const request = (signal: AbortSignal | undefined) => ({ request: { fetch, ...(signal === undefined ? {} : { signal }) } });
  return {
    describe: (number) => `pull request #${number}`,
    headRef: (number) => `refs/pull/${number}/head`,
    async list(branch, signal) {
      const query = {
        ...at,
        state: 'all',
        head: `${owner}:${branch}`,
        sort: 'created',
        direction: 'desc',
        per_page: 50,
      } as const;
      const { data } = await ask(pulls.list({ ...query, ...request(signal) }));
      return data.filter((pull) => isOfRepository(pull, access.repository, branch)).map(toRequest);
    },
    async closedBy(number, signal) {
      const { data } = await ask(issues.get({ ...at, issue_number: number, ...request(signal) }));
      return data.closed_by?.login ?? null;
    },
    async open({ branch, base, title, body }, signal) {
      const { data } = await ask(pulls.create({ ...at, head: branch, base, title, body, ...request(signal) }));
      return toRequest(data as Pull);
    },
    async edit(number, { title, body }, signal) {
      await ask(pulls.update({ ...at, pull_number: number, title, body, ...request(signal) }));
    },
    async close(number, comment, signal) {
      await ask(issues.createComment({ ...at, issue_number: number, body: comment, ...request(signal) }));
      await ask(pulls.update({ ...at, pull_number: number, state: 'closed', ...request(signal) }));
    },
    merge: (number, order, signal) => merge(octokit, at, number, order, request(signal)),
    commit: (commit, signal) => commitOnBranch(octokit, access.repository, commit, request(signal)),
  };
}

/** Not one from a fork whose branch has the same name. */
function isOfRepository({ head }: Pull, repository: string, branch: string): boolean {
  return head.ref === branch && head.repo?.full_name.toLowerCase() === repository.toLowerCase();
}

function toRequest({ number, html_url, state, merged_at, title, body, head, base }: Pull): ForgeRequest {
  const ended = merged_at === null ? 'closed' : 'merged';
  return {
    ...{ number, title, url: html_url, body: body ?? '', branch: head.ref, base: base.ref, head: head.sha },
    state: state === 'open' ? 'open' : ended,
  };
}

interface Sent {
  readonly request: { readonly fetch: ForgeFetch; readonly signal?: AbortSignal };
}

const scheduleMerge = `mutation($pull: ID!, $how: PullRequestMergeMethod!, $head: GitObjectID!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $pull, mergeMethod: $how, expectedHeadOid: $head }) { clientMutationId }
}`;

/** Has GitHub merge it once its checks and reviews let it; at once where there is nothing to wait for. */
async function merge(
  octokit: Octokit,
  at: Place,
  number: number,
  { head, method }: { readonly head: Oid; readonly method: MergeMethod },
  sent: Sent,
): Promise<MergeOutcome> {
  const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number, ...sent }).catch(unwrapForgeError);
  if (data.merged) return { kind: 'merged' };
  if (data.auto_merge !== null && data.head.sha === head) return { kind: 'scheduled' };
  try {
    await octokit.graphql(scheduleMerge, { pull: data.node_id, how: method.toUpperCase(), head, ...sent });
    return { kind: 'scheduled' };
  } catch (error) {
    const said = graphqlMessage(error);
    if (!/clean status/i.test(said)) return { kind: 'refused', because: said };
  }
  try {
    await octokit.rest.pulls
      .merge({ ...at, pull_number: number, sha: head, merge_method: method, ...sent })
      .catch(unwrapForgeError);
    return { kind: 'merged' };
  } catch (error) {
    if (error instanceof ForgeError && error.code === 'REFUSED') return { kind: 'refused', because: error.message };
    throw error;
  }
}

/** GraphQL refuses with status 200. */
function graphqlMessage(error: unknown): string {
  const { errors } = error as { errors?: readonly { readonly message: string }[] };
  if (errors !== undefined) return errors.map(({ message }) => message).join('; ');
  return unwrapForgeError(error);
}

const createCommit = `mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

/** What GitHub makes this way it signs ("Verified"), whoever's token it was. */
async function commitOnBranch(octokit: Octokit, repository: string, commit: NewForgeCommit, sent: Sent): Promise<Oid> {
  const { branch, parent, message, files } = commit;
  const [headline = '', ...rest] = message.split('\n');
  const input = {
    branch: { repositoryNameWithOwner: repository, branchName: branch },
    expectedHeadOid: parent,
    message: { headline, body: rest.join('\n').trim() },
    fileChanges: { additions: files.map(({ path, content }) => ({ path, contents: content.toString('base64') })) },
  };
  try {
    const answer = await octokit.graphql<{ createCommitOnBranch: { commit: { oid: Oid } } }>(createCommit, { input, ...sent });
    return answer.createCommitOnBranch.commit.oid;
  } catch (error) {
    throw new ForgeError('REFUSED', `making a commit through GitHub's API was refused: ${graphqlMessage(error)}`);
  }
}
