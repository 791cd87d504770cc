import { GitError } from '../git/index.ts';
import { SourceError } from './error.ts';
import type { GitReader } from './overlay.ts';

/** The same reader; what it no longer finds is ARTIFACT_LOST: whoever made the artifact can make it again. */
export function tellLoss(reader: GitReader, revision: string): GitReader {
  const told = <T>(reading: Promise<T>) =>
    reading.catch((error: unknown) => {
      throw isLoss(error) ? artifactLost(revision, error) : error;
    });
  return {
    tree: (commit, path) => told(reader.tree(commit, path)),
    blob: (oid) => told(reader.blob(oid)),
    entry: (commit, path) => told(reader.entry(commit, path)),
    diff: (before, after) => told(reader.diff(before, after)),
  };
}

/** Part of what an artifact consists of was deleted or spoilt in the state folder. */
export function artifactLost(what: string, cause: Error): SourceError {
  const message = `what ${what} consists of can no longer be read from the state folder: ${cause.message}; its source makes it again`;
  return new SourceError('ARTIFACT_LOST', message, { cause });
}

/** Whether an error, or one behind it, says that the artifact has to be made again. */
export function isArtifactLost(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof SourceError && cause.code === 'ARTIFACT_LOST') return true;
  return false;
}

function isLoss(error: unknown): error is GitError {
  return error instanceof GitError && (error.code === 'OBJECT_NOT_FOUND' || error.code === 'CORRUPT_MIRROR');
}
