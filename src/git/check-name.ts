import type { Oid } from '../core/index.ts';
import { cleanText } from './clean-text.ts';
import { GitError } from './error.ts';

/** The oid itself; anything that is not one is refused before it gets near a command line. */
export function checkOid(oid: string): Oid {
  if (isOid(oid)) return oid;
  throw new GitError('OBJECT_NOT_FOUND', `'${cleanText(oid)}' is not an object id: 40 hexadecimal digits are expected`);
}

export function isOid(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

/** `refs/heads/<branch>`, if git accepts that as a name. */
export function checkBranch(branch: string): string {
  return checkRef(`refs/heads/${branch}`);
}

/** A full ref name by the grammar of `git check-ref-format`; it cannot be an option or a refspec. */
export function checkRef(ref: string): string {
  if (isRef(ref)) return ref;
  throw new GitError('REFUSED_REF', `'${cleanText(ref)}' is not a valid ref name; see git-check-ref-format for what git accepts`);
}

function isRef(ref: string): boolean {
  if (!ref.startsWith('refs/') || ref.length > 1_000) return false;
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{/.test(ref) || ref.endsWith('.')) return false;
  return ref.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.startsWith('-') && !part.endsWith('.lock'));
}

/** Why a path cannot name a file of a repository, or null if it can. */
export function describeBadPath(path: string): string | null {
  if (path === '') return 'it is empty';
  if (path.startsWith('/')) return 'it is absolute';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it holds a control character';
  for (const part of path.split('/')) {
    if (part === '') return 'it has an empty segment';
    if (part === '.' || part === '..') return `it has the segment '${part}'`;
    if (/^(\.git|git~1)$/i.test(part)) return "it reaches into '.git'";
  }
  return null;
}

/** A path that is written into a tree; refused with REFUSED_PATH when it could leave the tree or reach `.git`. */
export function checkPath(path: string): string {
  const problem = describeBadPath(path);
  if (problem === null) return path;
  throw new GitError('REFUSED_PATH', `writing '${cleanText(path)}' to git was refused: ${problem}`);
}
