import { Gitlab } from '@gitbeaker/rest';
import type { Forge, ForgeAccess, ForgeRequest, MergeMethod, MergeOutcome, Oid } from '../core/index.ts';
import { ForgeError } from './error.ts';
import { createRequester } from './gitlab-requester.ts';
import type { ForgeFetch } from './transport.ts';

/** The parts of a merge request that are read. */
interface MergeRequest {
  readonly iid: number;
  readonly web_url: string;
  readonly state: string;
  readonly title: string;
  readonly description: string | null;
  readonly source_branch: string;
  readonly target_branch: string;
  readonly source_project_id: number;
  readonly target_project_id: number;
  readonly sha: Oid;
  readonly closed_by?: { readonly username?: string } | null;
  readonly head_pipeline?: unknown;
  readonly merge_when_pipeline_succeeds?: boolean;
}

/** GitLab's REST API. */
export function createGitLab(access: ForgeAccess, fetch: ForgeFetch): Forge {
  const project = access.repository;
  const connect = (signal: AbortSignal | undefined) =>
    new Gitlab({ host: access.apiUrl, token: access.token.reveal(), requesterFn: createRequester(fetch, signal) });
  const show = async (number: number, signal?: AbortSignal) =>
    (await connect(signal).MergeRequests.show(project, number)) as unknown as MergeRequest;
  return {
    describe: (number) => `merge request !${number}`,
    headRef: (number) => `refs/merge-requests/${number}/head`,
    async list(branch, signal) {
      const query = {
        projectId: project,
        sourceBranch: branch,
        orderBy: 'created_at',
        sort: 'desc',
        perPage: 50,
        maxPages: 1,
      } as const;
      const found = (await connect(signal).MergeRequests.all(query)) as unknown as readonly MergeRequest[];
      return found.filter((one) => isOfProject(one, branch)).map(toRequest);
    },
    closedBy: async (number, signal) => (await show(number, signal)).closed_by?.username ?? null,
    async open({ branch, base, title, body }, signal) {
      const made = await connect(signal).MergeRequests.create(project, branch, base, title, { description: body });
      return toRequest(made as unknown as MergeRequest);
    },
    async edit(number, { title, body }, signal) {
      await connect(signal).MergeRequests.edit(project, number, { title, description: body });
    },
    async close(number, comment, signal) {
      await connect(signal).MergeRequestNotes.create(project, number, comment);
      await connect(signal).MergeRequests.edit(project, number, { stateEvent: 'close' });
    },
    async merge(number, order, signal) {
      return merge(connect(signal), project, await show(number, signal), order);
    },
    async commit({ branch, message, author, files }, signal) {
      const actions = files.map(({ path, content }) => {
        return { action: 'update' as const, filePath: path, content: content.toString('base64'), encoding: 'base64' as const };
      });
      const options = { authorName: author.name, authorEmail: author.email };
      return (await connect(signal).Commits.create(project, branch, message, actions, options)).id;
    },
  };
}

function isOfProject(request: MergeRequest, branch: string): boolean {
  return request.source_branch === branch && request.source_project_id === request.target_project_id;
}

function toRequest(request: MergeRequest): ForgeRequest {
  const { iid: number, web_url: url, state, title, description, source_branch: branch, target_branch: base, sha: head } = request;
  // `locked` is the moment in which it is being merged.
  const known = state === 'opened' || state === 'locked' ? 'open' : state === 'merged' ? 'merged' : 'closed';
  return { number, url, title, body: description ?? '', branch, base, head, state: known };
}

/** Once its pipeline has passed; at once where there is none. How commits are joined is the project's setting, but for squashing. */
async function merge(
  client: InstanceType<typeof Gitlab>,
  project: string,
  request: MergeRequest,
  { head, method }: { readonly head: Oid; readonly method: MergeMethod },
): Promise<MergeOutcome> {
  if (request.state === 'merged') return { kind: 'merged' };
  if (request.merge_when_pipeline_succeeds === true && request.sha === head) return { kind: 'scheduled' };
  const waits = request.head_pipeline !== null && request.head_pipeline !== undefined;
  const order = { sha: head, squash: method === 'squash', shouldRemoveSourceBranch: false };
  try {
    const answer = await client.MergeRequests.merge(project, request.iid, {
      ...order,
      ...(waits ? { mergeWhenPipelineSucceeds: true, autoMerge: true } : {}),
    });
    return (answer as unknown as MergeRequest).state === 'merged' ? { kind: 'merged' } : { kind: 'scheduled' };
  } catch (error) {
    if (error instanceof ForgeError && error.code === 'REFUSED') return { kind: 'refused', because: error.message };
    throw error;
  }
}
