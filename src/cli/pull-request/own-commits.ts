import type { Commit } from '../../core/index.ts';
import { parseTrailers } from '../../hold/index.ts';
import { type BranchCommits, isUntouched, readBranchCommits } from '../../reconcilers/index.ts';
import type { RequestTarget } from './open-request-target.ts';

/** In the message of every commit of a request that the command line asked for. */
export const requestTrailer = 'Tagalong-Request';

/** What the branch of the request has and the base has not, and whether all of it is ours; nothing where there is no branch. */
export async function readRequestCommits({
  mirror,
  head,
  standing,
}: Pick<RequestTarget, 'mirror' | 'head' | 'standing'>): Promise<BranchCommits> {
  return standing === null ? { kind: 'own', commits: [] } : readBranchCommits(mirror, head, standing, isOwn);
}

/** By its trailer, and untouched since. */
function isOwn(commit: Commit): boolean {
  const isMarked = parseTrailers(commit.message).some(({ key, value }) => key === requestTrailer && value === 'true');
  return isMarked && isUntouched(commit) && commit.parents.length === 1;
}
