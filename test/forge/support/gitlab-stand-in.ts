import { createForgeState, type ForgeState, Refusal, type StandInRequest } from './forge-state.ts';
import type { StandIn } from './github-stand-in.ts';
import { type JsonAnswer, type JsonRequest, serveJson } from './serve-json.ts';

/** GitLab's REST for one project, as https://docs.gitlab.com/api/merge_requests/ describes it. */
export async function startGitLabStandIn(bareFolder: string, project: string, token: string): Promise<StandIn> {
  const state = createForgeState(bareFolder, (number) => `refs/merge-requests/${number}/head`);
  const root = `/api/v4/projects/${project}`;
  const server = await serveJson(
    async (request) => {
      if (request.headers['private-token'] !== token) throw new Refusal(401, '401 Unauthorized');
      if (!request.path.startsWith(`${root}/`)) throw new Refusal(404, '404 Project Not Found');
      return answer(request, request.path.slice(root.length), state);
    },
    ({ message }) => ({ message }),
  );
  return { server, state, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function answer({ method, query, body }: JsonRequest, path: string, state: ForgeState): Promise<JsonAnswer> {
  if (method === 'POST' && path === '/repository/commits') return createCommit(body, state);
  const [, number = '', action = ''] = /^\/merge_requests(?:\/(\d+))?(?:\/(\w+))?$/.exec(path) ?? [];
  switch (`${method}${number === '' ? '' : ' n'}${action === '' ? '' : ` ${action}`}`) {
    case 'GET':
      return { body: (await state.list()).filter(({ branch }) => branch === query.get('source_branch')).map(describe) };
    case 'POST': {
      const { source_branch, target_branch, title, description } = body as Record<string, string>;
      const from = { branch: source_branch ?? '', base: target_branch ?? '', title: title ?? '', body: description ?? '' };
      return { status: 201, body: describe(await state.open(from)) };
    }
    case 'GET n':
      return { body: describe(await state.find(Number(number))) };
    case 'PUT n':
      return { body: describe(await edit(await state.find(Number(number)), body)) };
    case 'POST n notes':
      (await state.find(Number(number))).comments.push(String(body['body']));
      return { status: 201, body: { id: 1 } };
    case 'PUT n merge':
      return { body: describe(await merge(await state.find(Number(number)), body, state)) };
    default:
      throw new Refusal(404, '404 Not Found');
  }
}

async function edit(request: StandInRequest, body: Record<string, unknown>): Promise<StandInRequest> {
  if (typeof body['title'] === 'string') request.title = body['title'];
  if (typeof body['description'] === 'string') request.body = body['description'];
  if (body['state_event'] === 'close') Object.assign(request, { state: 'closed', closedBy: 'the-bot' });
  return request;
}

async function merge(request: StandInRequest, body: Record<string, unknown>, state: ForgeState): Promise<StandInRequest> {
  if (body['sha'] !== request.head) throw new Refusal(409, 'SHA does not match HEAD of source branch: ');
  const method = body['squash'] === true ? 'squash' : 'merge';
  if (!state.hasChecks) {
    await state.merge(request.number, method);
    return request;
  }
  if (body['auto_merge'] !== true) throw new Refusal(405, '405 Method Not Allowed');
  request.scheduled = { head: request.head, method };
  return request;
}

function describe(request: StandInRequest): unknown {
  return {
    ...{ iid: request.number, title: request.title, description: request.body },
    web_url: `https://gitlab.example/acme/-/merge_requests/${request.number}`,
    state: request.state === 'open' ? 'opened' : request.state,
    ...{
      source_branch: request.branch,
      target_branch: request.base,
      source_project_id: 7,
      target_project_id: 7,
      sha: request.head,
    },
    closed_by: request.closedBy === null ? null : { username: request.closedBy },
    merge_when_pipeline_succeeds: request.scheduled !== null,
    head_pipeline: null,
  };
}

interface CommitAction {
  readonly action: string;
  readonly file_path: string;
  readonly content: string;
  readonly encoding: string;
}

async function createCommit(body: Record<string, unknown>, state: ForgeState): Promise<JsonAnswer> {
  const actions = body['actions'] as readonly CommitAction[];
  if (actions.some(({ action, encoding }) => action !== 'update' || encoding !== 'base64'))
    throw new Refusal(400, 'action is invalid');
  const files = Object.fromEntries(actions.map(({ file_path, content }) => [file_path, Buffer.from(content, 'base64')]));
  const author = { name: String(body['author_name']), email: String(body['author_email']) };
  const id = await state.repository.commit(String(body['branch']), String(body['commit_message']), files, author);
  return { status: 201, body: { id, short_id: id.slice(0, 8) } };
}
