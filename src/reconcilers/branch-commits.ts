import type { Commit, GitMirror, Oid } from '../core/index.ts';

/** Commits on a branch that are not in its base, newest first; or the first of them that is not ours. */
export type BranchCommits =
  | { readonly kind: 'own'; readonly commits: readonly Commit[] }
  | { readonly kind: 'foreign'; readonly commit: Commit };

const walkedAtMost = 500;

/** Reads what `head` has and `base` has not, and whether all of it is ours. Beyond 500 commits nothing is. */
export async function readBranchCommits(
  mirror: Pick<GitMirror, 'commit' | 'isAncestor'>,
  base: Oid,
  head: Oid,
  isOwn: (commit: Commit) => boolean,
): Promise<BranchCommits> {
  const commits: Commit[] = [];
  const waiting = [head];
  const met = new Set<Oid>();
  for (let oid = waiting.shift(); oid !== undefined; oid = waiting.shift()) {
    if (met.has(oid) || (await mirror.isAncestor(oid, base))) continue;
    met.add(oid);
    const commit = await mirror.commit(oid);
    if (!isOwn(commit) || commits.length >= walkedAtMost) return { kind: 'foreign', commit };
    commits.push(commit);
    waiting.push(...commit.parents);
  }
  return { kind: 'own', commits };
}

/** Whoever amends or rebases a commit becomes its committer. */
export function isUntouched({ author, committer }: Commit): boolean {
  return committer.email === author.email && committer.name === author.name;
}

/** Whether the same changes stand there, newest first, with the same words as those planned, oldest first; times and signatures may differ. */
export async function carriesAlready(
  mirror: Pick<GitMirror, 'commit'>,
  standing: readonly Commit[],
  planned: readonly Oid[],
  base: Oid,
): Promise<boolean> {
  if (standing.length !== planned.length || standing.at(-1)?.parents[0] !== base) return false;
  const wanted = await Promise.all(planned.map((oid) => mirror.commit(oid)));
  return standing
    .toReversed()
    .every(({ tree, message }, index) => wanted[index]?.tree === tree && wanted[index]?.message.trim() === message.trim());
}
