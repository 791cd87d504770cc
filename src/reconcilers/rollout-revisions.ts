import type { GitMirror, Oid } from '../core/index.ts';

/** Tells whether a revision that somebody shows has a commit in it. */
export interface RevisionReader {
  /** `main@sha1:…`; false for one that names no commit, or one that is not known here yet. */
  contains(revision: string): Promise<boolean>;
}

/** What was found once is true for ever, so it is kept: `commit in revision` → answer. */
const known = new WeakMap<GitMirror, Map<string, boolean>>();
const keptAtMost = 10_000;

/** Whether `commit` is an ancestor of what a revision names. */
export function readRevisions(mirror: GitMirror, commit: Oid): RevisionReader {
  const answers = known.get(mirror) ?? new Map<string, boolean>();
  known.set(mirror, answers);
  return {
    async contains(revision) {
      const [, oid] = /@sha(?:1|256):([0-9a-f]{40,64})$/.exec(revision) ?? [];
      if (oid === undefined) return false;
      const key = `${commit} ${oid}`;
      const answer = answers.get(key);
      if (answer !== undefined) return answer;
      if (!(await mirror.has(oid)) || !(await mirror.has(commit))) return false;
      const found = await mirror.isAncestor(commit, oid);
      if (answers.size >= keptAtMost) answers.clear();
      answers.set(key, found);
      return found;
    },
  };
}
