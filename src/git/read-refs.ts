import type { Oid } from '../core/index.ts';
import { type Repository, runGit } from './run-git.ts';

/** Branches and tags by their full names; a tag gives the commit it peels to. */
export async function readRefs(repository: Repository): Promise<ReadonlyMap<string, Oid>> {
  const { stdout } = await runGit(repository, ['show-ref', '--dereference'], { expect: [0, 1] });
  const refs = new Map<string, Oid>();
  for (const line of stdout.toString('utf8').split('\n')) {
    const [, oid, ref] = /^([0-9a-f]{40}) (refs\/(?:heads|tags)\/.+?)(?:\^\{\})?$/.exec(line) ?? [];
    if (oid !== undefined && ref !== undefined) refs.set(ref, oid); // the peeled line follows the tag's own
  }
  return refs;
}

/** The commit a ref of the mirror leads to, or null. */
export async function peelRef(repository: Repository, ref: string): Promise<Oid | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`];
  const { code, stdout } = await runGit(repository, args, { expect: [0, 1, 128] });
  return code === 0 ? stdout.toString('latin1').trim() : null;
}

export function isSameRefs(before: ReadonlyMap<string, Oid>, after: ReadonlyMap<string, Oid>): boolean {
  return before.size === after.size && [...after].every(([ref, oid]) => before.get(ref) === oid);
}
