import type { Session } from '../session.ts';
import { deliverRequest, type OpenedRequest, type RequestText } from './deliver-request.ts';
import { openRequestTarget } from './open-request-target.ts';
import type { PullRequestOptions } from './request-options.ts';

/** A file that the request brings, from the folder. */
export interface RequestedChange {
  readonly path: string;
  /** What stands in the folder; null for a new file. */
  readonly before: Buffer | null;
  readonly after: Buffer;
}

const author = { name: 'tagalong', email: 'tagalong@localhost' };

/**
 * Commits changes of a folder, as one commit, on a branch of the remote that the folder was cloned from, and opens a pull request. The folder
 * itself and its branches stay as they are. Null where there is nothing to change. Throws where the remote has something else than the folder.
 */
export async function openPullRequest(
  root: string,
  changes: readonly RequestedChange[],
  options: PullRequestOptions & { readonly branch: string; readonly text: RequestText },
  session: Session,
): Promise<OpenedRequest | null> {
  if (changes.length === 0) return null;
  await using target = await openRequestTarget(root, options, session);
  const inRepository = changes.map((change) => ({ ...change, path: target.pathOf(change.path) }));
  const files = new Map(inRepository.map(({ path, after }) => [path, after] as const));
  const commits = [{ message: options.text.title, author, files }];
  return await deliverRequest(target, { changes: inRepository, commits, text: options.text }, session);
}
