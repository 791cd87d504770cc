import { createForgeState, type ForgeState, Refusal, type StandInRequest } from './forge-state.ts';
import type { StandIn } from './github-stand-in.ts';
import { type JsonAnswer, type JsonRequest, serveJson } from './serve-json.ts';

/** Gitea's and Forgejo's REST for one repository, as their /api/swagger describes it. Its pages are of two. */
export async function startGiteaStandIn(bareFolder: string, repository: string, token: string): Promise<StandIn> {
  const state = createForgeState(bareFolder, (number) => `refs/pull/${number}/head`);
  const root = `/api/v1/repos/${repository}`;
  const server = await serveJson(
    async (request) => {
      if (request.headers.authorization !== `token ${token}`) throw new Refusal(401, 'invalid username, password or token');
      if (!request.path.startsWith(`${root}/`)) throw new Refusal(404, 'The target could not be found.');
      return answer(request, request.path.slice(root.length), state, repository);
    },
    ({ message }) => ({ message, url: 'https://gitea.example/api/swagger' }),
  );
  return { server, state, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const pageSize = 2;

async function answer(request: JsonRequest, path: string, state: ForgeState, repository: string): Promise<JsonAnswer> {
  const { method, query, body } = request;
  if (method === 'POST' && path === '/contents') return changeFiles(body, state);
  const [, kind, number = '', action = ''] = /^\/(pulls|issues)(?:\/(\d+))?(?:\/(\w+))?$/.exec(path) ?? [];
  const show = (pull: StandInRequest) => describe(pull, repository);
  switch (`${method} ${kind}${number === '' ? '' : '/n'}${action === '' ? '' : `/${action}`}`) {
    case 'GET pulls': {
      const from = (Number(query.get('page') ?? 1) - 1) * pageSize;
      return { body: (await state.list()).slice(from, from + pageSize).map(show) };
    }
    case 'POST pulls': {
      const { head, base, title, body: text } = body as Record<string, string>;
      return {
        status: 201,
        body: show(await state.open({ branch: head ?? '', base: base ?? '', title: title ?? '', body: text ?? '' })),
      };
    }
    case 'PATCH pulls/n':
      return { status: 201, body: show(await edit(await state.find(Number(number)), body)) };
    case 'POST issues/n/comments':
      (await state.find(Number(number))).comments.push(String(body['body']));
      return { status: 201, body: { id: 1 } };
    case 'POST pulls/n/merge':
      return merge(await state.find(Number(number)), body, state);
    default:
      throw new Refusal(404, 'The target could not be found.');
  }
}

async function edit(pull: StandInRequest, { title, body, state }: Record<string, unknown>): Promise<StandInRequest> {
  if (typeof title === 'string') pull.title = title;
  if (typeof body === 'string') pull.body = body;
  if (state === 'closed') pull.state = 'closed';
  return pull;
}

async function merge(pull: StandInRequest, body: Record<string, unknown>, state: ForgeState): Promise<JsonAnswer> {
  if (body['head_commit_id'] !== pull.head) throw new Refusal(409, 'head out of date');
  const method = body['Do'] as 'merge' | 'squash' | 'rebase';
  if (!state.hasChecks) {
    await state.merge(pull.number, method);
    return {};
  }
  if (body['merge_when_checks_succeed'] !== true) throw new Refusal(405, 'Please try again later');
  if (pull.scheduled !== null) throw new Refusal(409, 'pull request is already scheduled to auto merge when checks succeed');
  pull.scheduled = { head: pull.head, method };
  return { status: 201 };
}

function describe(pull: StandInRequest, repository: string): unknown {
  return {
    ...{
      number: pull.number,
      html_url: `https://gitea.example/${repository}/pulls/${pull.number}`,
      title: pull.title,
      body: pull.body,
    },
    ...{ state: pull.state === 'open' ? 'open' : 'closed', merged: pull.state === 'merged' },
    head: { ref: pull.branch, sha: pull.head, repo: { full_name: repository } },
    base: { ref: pull.base },
  };
}

interface FileChange {
  readonly operation: string;
  readonly path: string;
  readonly content: string;
  readonly sha: string;
}

async function changeFiles(body: Record<string, unknown>, state: ForgeState): Promise<JsonAnswer> {
  const branch = String(body['branch']);
  const changes = body['files'] as readonly FileChange[];
  for (const { path, sha } of changes) {
    const standing = await state.repository.git('rev-parse', `refs/heads/${branch}:${path}`);
    if (standing !== sha) throw new Refusal(422, `sha does not match [given: ${sha}, expected: ${standing}]`);
  }
  const files = Object.fromEntries(changes.map(({ path, content }) => [path, Buffer.from(content, 'base64')]));
  const author = body['author'] as { name: string; email: string };
  const sha = await state.repository.commit(branch, String(body['message']), files, author);
  return { status: 201, body: { commit: { sha }, files: [] } };
}
