import { createForgeState, type ForgeState, Refusal, type StandInRequest } from './forge-state.ts';
import { type JsonAnswer, type JsonRequest, type JsonServer, serveJson } from './serve-json.ts';

export interface StandIn extends AsyncDisposable {
  readonly server: JsonServer;
  readonly state: ForgeState;
}

/** GitHub's REST and GraphQL for one repository, as https://docs.github.com/en/rest describes them. */
export async function startGitHubStandIn(bareFolder: string, repository: string, token: string): Promise<StandIn> {
  const state = createForgeState(bareFolder, (number) => `refs/pull/${number}/head`);
  const server = await serveJson(
    async (request) => {
      if (request.headers.authorization !== `token ${token}` && request.headers.authorization !== `bearer ${token}`)
        throw new Refusal(401, 'Bad credentials');
      if (request.path === '/graphql') return answerGraphql(request, state);
      const root = `/repos/${repository}`;
      if (!request.path.startsWith(`${root}/`)) throw new Refusal(404, 'Not Found');
      return answerRest(request, request.path.slice(root.length), state, repository);
    },
    ({ message, status }) => ({ message, documentation_url: 'https://docs.github.com/rest', status: String(status) }),
  );
  return { server, state, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function answerRest(request: JsonRequest, path: string, state: ForgeState, repository: string): Promise<JsonAnswer> {
  const [, kind, number = '', action = ''] = /^\/(pulls|issues)(?:\/(\d+))?(?:\/(\w+))?$/.exec(path) ?? [];
  const { body } = request;
  const show = (pull: StandInRequest) => describePull(pull, repository);
  switch (`${request.method} ${kind}${number === '' ? '' : '/n'}${action === '' ? '' : `/${action}`}`) {
    case 'GET pulls': {
      const [owner, branch] = (request.query.get('head') ?? '').split(':');
      if (owner !== repository.split('/')[0]) return { body: [] };
      return { body: (await state.list()).filter((pull) => pull.branch === branch).map(show) };
    }
    case 'POST pulls':
      return { status: 201, body: show(await state.open(readNew(body))) };
    case 'GET pulls/n':
      return { body: show(await state.find(Number(number))) };
    case 'PATCH pulls/n':
      return { body: show(await edit(await state.find(Number(number)), body)) };
    case 'PUT pulls/n/merge':
      await state.merge(Number(number), body['merge_method'] as 'merge', String(body['sha']));
      return { body: { sha: '', merged: true, message: 'Pull Request successfully merged' } };
    case 'GET issues/n': {
      const pull = await state.find(Number(number));
      return { body: { number: pull.number, closed_by: pull.closedBy === null ? null : { login: pull.closedBy } } };
    }
    case 'POST issues/n/comments':
      (await state.find(Number(number))).comments.push(String(body['body']));
      return { status: 201, body: { id: 1 } };
    default:
      throw new Refusal(404, 'Not Found');
  }
}

function readNew({ head, base, title, body }: Record<string, unknown>) {
  return { branch: String(head), base: String(base), title: String(title), body: String(body) };
}

async function edit(pull: StandInRequest, { title, body, state }: Record<string, unknown>): Promise<StandInRequest> {
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (state === 'closed') Object.assign(pull, { state: 'closed', closedBy: 'the-bot' });
  return pull;
}

function describePull(pull: StandInRequest, repository: string): unknown {
  const isMerged = pull.state === 'merged';
  return {
    ...{
      number: pull.number,
      node_id: `PR_${pull.number}`,
      html_url: `https://github.example/${repository}/pull/${pull.number}`,
    },
    ...{ title: pull.title, body: pull.body, state: pull.state === 'open' ? 'open' : 'closed', merged: isMerged },
    merged_at: isMerged ? '2026-01-01T00:00:00Z' : null,
    auto_merge: pull.scheduled === null ? null : { merge_method: pull.scheduled.method },
    head: { ref: pull.branch, sha: pull.head, repo: { full_name: repository } },
    base: { ref: pull.base },
  };
}

interface CommitInput {
  readonly branch: { readonly branchName: string };
  readonly expectedHeadOid: string;
  readonly message: { readonly headline: string; readonly body?: string };
  readonly fileChanges: { readonly additions: readonly { readonly path: string; readonly contents: string }[] };
}

async function answerGraphql({ body }: JsonRequest, state: ForgeState): Promise<JsonAnswer> {
  const { query, variables } = body as { query: string; variables: Record<string, unknown> };
  if (query.includes('createCommitOnBranch')) return createCommit(variables['input'] as CommitInput, state);
  const pull = await state.find(Number(String(variables['pull']).slice('PR_'.length)));
  if (!state.hasChecks) return graphqlError('Pull request Pull request is in clean status');
  if (pull.head !== variables['head']) return graphqlError('Expected head OID does not match');
  pull.scheduled = { head: pull.head, method: String(variables['how']).toLowerCase() as 'merge' };
  return { body: { data: { enablePullRequestAutoMerge: { clientMutationId: null } } } };
}

async function createCommit(
  { branch, expectedHeadOid, message, fileChanges }: CommitInput,
  state: ForgeState,
): Promise<JsonAnswer> {
  const head = await state.repository.head(branch.branchName);
  if (head !== expectedHeadOid) return graphqlError(`Expected branch to point to "${expectedHeadOid}" but it did not`);
  const files = Object.fromEntries(fileChanges.additions.map(({ path, contents }) => [path, Buffer.from(contents, 'base64')]));
  const text = message.body ? `${message.headline}\n\n${message.body}` : message.headline;
  const oid = await state.repository.commit(branch.branchName, text, files);
  return { body: { data: { createCommitOnBranch: { commit: { oid } } } } };
}

function graphqlError(message: string): JsonAnswer {
  return { body: { data: null, errors: [{ type: 'UNPROCESSABLE', message }] } };
}
