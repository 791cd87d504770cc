import { errorMessage } from '../core/index.ts';

/** What keeps a file or folder from being used, for the one who named it; an error that is none of the file system keeps its words. */
export function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return words.get(code) ?? errorMessage(error);
}

/** https://man7.org/linux/man-pages/man3/errno.3.html */
const words: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['ENOTDIR', 'a part of this path is a file, not a folder'],
  ['EISDIR', 'it is a folder, not a file'],
  ['EEXIST', 'it is a file, not a folder'],
  ['EACCES', 'this user is not allowed to'],
  ['EPERM', 'this user is not allowed to'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['ELOOP', 'its links lead in a circle'],
]);
