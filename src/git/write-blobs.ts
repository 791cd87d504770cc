import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../core/index.ts';
import { GitError } from './error.ts';
import { type Repository, runGit } from './run-git.ts';

/** Writes each file's bytes as a blob, as they are; all of them through one process. Null stays null. */
export async function writeBlobs(
  repository: Repository,
  files: ReadonlyMap<string, Buffer | null>,
): Promise<ReadonlyMap<string, Oid | null>> {
  const written = [...files].filter((entry): entry is [string, Buffer] => entry[1] !== null);
  const oids =
    written.length === 1
      ? await writeOne(repository, written[0]?.[1] ?? Buffer.alloc(0))
      : await writeMany(
          repository,
          written.map(([, bytes]) => bytes),
        );
  if (oids.length !== written.length)
    throw new GitError('GIT_FAILED', `writing ${written.length} blobs: git hash-object answered ${oids.length}`);
  const byPath = new Map(written.map(([path], index) => [path, oids[index] ?? null]));
  return new Map([...files.keys()].map((path) => [path, byPath.get(path) ?? null]));
}

async function writeOne(repository: Repository, bytes: Buffer): Promise<Oid[]> {
  const { stdout } = await runGit(repository, ['hash-object', '-w', '-t', 'blob', '--stdin'], { input: bytes });
  return parseOids(stdout);
}

async function writeMany(repository: Repository, contents: readonly Buffer[]): Promise<Oid[]> {
  if (contents.length === 0) return [];
  const folder = await mkdtemp(join(repository.folder, 'tagalong-blobs-'));
  try {
    const names = contents.map((_, index) => join(folder, String(index)));
    for (const [index, name] of names.entries()) await writeFile(name, contents[index] ?? '', { mode: 0o600 });
    const { stdout } = await runGit(repository, ['hash-object', '-w', '-t', 'blob', '--no-filters', '--stdin-paths'], {
      input: `${names.join('\n')}\n`,
    });
    return parseOids(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parseOids(stdout: Buffer): Oid[] {
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
}
