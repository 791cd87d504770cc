import { readFile, realpath, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Oid } from '../core/index.ts';
import { describeEnvironment } from './environment.ts';
import { type ReadableRepository, RepositoryReader } from './repository-reader.ts';
import { type Repository, runGit } from './run-git.ts';

/** A checkout that somebody works in, and the repository behind it; it is only read. */
export interface WorkTree extends AsyncDisposable {
  readonly history: ReadableRepository;
  /** The folder that it begins at. */
  readonly top: string;
  /** The commit that is checked out; null before the first one. */
  readonly head: Oid | null;
  /** History was cut when it was cloned. */
  readonly isShallow: boolean;
  /** The path of a file as the repository knows it. */
  pathOf(file: string): string;
  /** The branch that is checked out, and where `origin` is; null where there is none. */
  readOrigin(): Promise<{ readonly branch: string | null; readonly url: string | null }>;
}

const maxBlobBytes = 100 * 1_048_576;

/**
 * The work tree that `folder` is in, or null where there is none. Found by looking for `.git`, as git does; but its owner does not
 * matter, and no configuration beside the repository's own counts.
 */
export async function openWorkTree(folder: string): Promise<WorkTree | null> {
  const found = await findRepository(await realpath(folder));
  if (found === null) return null;
  const repository: Repository = { folder: found.gitFolder, environment: localEnvironment() };
  const { stdout } = await runGit(repository, ['rev-parse', '--is-shallow-repository']);
  const reader = new LocalReader(repository, maxBlobBytes);
  return {
    history: reader,
    top: found.top,
    head: await readHead(repository),
    isShallow: stdout.toString('latin1').trim() === 'true',
    pathOf: (file) => relative(found.top, file).split(sep).join('/'),
    readOrigin: async () => ({
      branch: await readWord(repository, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
      url: await readWord(repository, ['config', '--get', 'remote.origin.url']),
    }),
    [Symbol.asyncDispose]: async () => reader.close(),
  };
}

class LocalReader extends RepositoryReader {
  close(): void {
    this.reader.close();
  }
}

/** Also where the commit itself is missing: a damaged repository is not one without commits. */
async function readHead(repository: Repository): Promise<Oid | null> {
  const { code, stdout } = await runGit(repository, ['rev-parse', '--verify', '--quiet', 'HEAD'], { expect: [0, 1, 128] });
  return code === 0 ? stdout.toString('latin1').trim() : null;
}

async function readWord(repository: Repository, args: readonly string[]): Promise<string | null> {
  const { code, stdout } = await runGit(repository, args, { expect: [0, 1] });
  const word = stdout.toString('utf8').trim();
  return code === 0 && word !== '' ? word : null;
}

/** What a partial clone left out is missing: reading must not become a fetch. */
function localEnvironment(): Repository['environment'] {
  return { ...describeEnvironment(devNull), GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };
}

async function findRepository(folder: string): Promise<{ top: string; gitFolder: string } | null> {
  for (let top = folder; ; top = dirname(top)) {
    const gitFolder = await readGitLink(join(top, '.git'));
    if (gitFolder !== null && (await isRepository(gitFolder))) return { top, gitFolder };
    if (dirname(top) === top) return null;
  }
}

/** `.git` is the repository, or in linked work trees and submodules a file that says where it is. */
async function readGitLink(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isDirectory()) return found === null ? null : path;
  const [, target] = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(path, 'utf8').catch(() => '')) ?? [];
  return target === undefined ? null : resolve(dirname(path), target);
}

async function isRepository(folder: string): Promise<boolean> {
  const has = (name: string) =>
    stat(join(folder, name)).then(
      () => true,
      () => false,
    );
  // A linked work tree keeps its objects in the repository that `commondir` names.
  return (await has('HEAD')) && ((await has('objects')) || (await has('commondir')));
}
