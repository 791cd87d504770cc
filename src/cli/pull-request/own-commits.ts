import type { Commit } from '../../core/index.ts';
import { parseTrailers } from '../../hold/index.ts';
import type { RequestTarget } from './open-request-target.ts';

/** In the message of every commit of a request that the command line asked for. */
export const requestTrailer = 'Tagalong-Request';

type Standing = Pick<RequestTarget, 'mirror' | 'head' | 'standing'>;

const walkedAtMost = 500;

/** A commit of the branch that somebody else made, or changed; null where all are ours. */
export async function findForeignCommit(target: Standing): Promise<Commit | null> {
  return (await walk(target)).find((commit) => !isOwn(commit)) ?? null;
}

/** What the branch has and the base has not, oldest first; none where some of it is not ours. */
export async function readOwnCommits(target: Standing): Promise<readonly Commit[]> {
  const commits = await walk(target);
  return commits.every(isOwn) ? commits.toReversed() : [];
}

async function walk({ mirror, head, standing }: Standing): Promise<Commit[]> {
  const commits: Commit[] = [];
  const waiting = standing === null ? [] : [standing];
  const met = new Set<string>();
  for (let oid = waiting.shift(); oid !== undefined && commits.length < walkedAtMost; oid = waiting.shift()) {
    if (met.has(oid) || (await mirror.isAncestor(oid, head))) continue;
    met.add(oid);
    const commit = await mirror.commit(oid);
    commits.push(commit);
    waiting.push(...commit.parents);
  }
  return commits;
}

/** By its trailer, and untouched since: whoever amends or rebases a commit becomes its committer. */
function isOwn({ message, author, committer, parents }: Commit): boolean {
  const isMarked = parseTrailers(message).some(({ key, value }) => key === requestTrailer && value === 'true');
  return isMarked && committer.email === author.email && committer.name === author.name && parents.length === 1;
}
