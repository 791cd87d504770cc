export * from './blob-index.ts';
export { describeBadPath, isOid } from './check-name.ts';
export { cleanText } from './clean-text.ts';
export { type ClosableGit, createGit, type GitOptions } from './create-git.ts';
export { GitError, type GitErrorCode } from './error.ts';
export { openWorkTree, type WorkTree } from './open-work-tree.ts';
export { remoteKey } from './remote-url.ts';
export type { ReadableRepository } from './repository-reader.ts';
