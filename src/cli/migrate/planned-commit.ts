/** One file before and after; null where it is not there. */
export interface PlannedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A commit to make, and what has to be seen before the next. */
export interface PlannedCommit {
  readonly subject: string;
  readonly body: string;
  readonly files: readonly PlannedFile[];
  /** What to look at, and to wait for, once it is pushed. */
  readonly next: string;
}

/** Without the files that stay as they are; null where none is left. */
export function orNothing(commit: PlannedCommit): PlannedCommit[] {
  const files = commit.files.filter(({ before, after }) => before !== after);
  return files.length === 0 ? [] : [{ ...commit, files }];
}
