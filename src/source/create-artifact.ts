import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Artifact, ArtifactFile, Oid } from '../core/index.ts';
import { SourceError } from './error.ts';

const writtenAtOnce = 32;

export interface ArtifactParts {
  readonly revision: string;
  readonly commit?: Oid;
  /** Every file, sorted by path. Asked once. */
  list(): Promise<readonly KeyedFile[]>;
  /** A key of everything under the path, where there is a cheaper one than a digest over its files; null to have that. */
  shortKey?(path: string): Promise<string | null>;
}

/** A file and what its content is known by. */
export interface KeyedFile extends ArtifactFile {
  readonly key: string;
}

/** An artifact over a list of files, which is read when it is first needed. */
export function createArtifact(parts: ArtifactParts): Artifact {
  let listed: Promise<readonly KeyedFile[]> | null = null;
  const list = () => {
    listed ??= parts.list().catch((error: unknown) => {
      listed = null;
      throw error;
    });
    return listed;
  };
  const under = async (path: string) => selectUnder(await list(), path);
  return {
    revision: parts.revision,
    ...(parts.commit === undefined ? {} : { commit: parts.commit }),
    files: under,
    async contentKey(path) {
      const files = await under(path);
      if (files.length === 0) return null;
      return (await parts.shortKey?.(normalisePath(path))) ?? digestFiles(files, path);
    },
    extract: async () => extractFiles(await list()),
  };
}

function selectUnder(files: readonly KeyedFile[], path: string): readonly KeyedFile[] {
  const folder = normalisePath(path);
  if (folder === '') return files;
  return files.filter((file) => file.path === folder || file.path.startsWith(`${folder}/`));
}

/** `./apps/` and `/apps` are `apps`; a path that leaves the root is an error. */
export function normalisePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new SourceError('ILLEGAL_PATH', `the path '${path}' leaves the artifact`, { retry: 'never' });
  return parts.join('/');
}

// Paths count from the folder asked about, so that a folder that moved keeps its key.
function digestFiles(files: readonly KeyedFile[], path: string): string {
  const folder = normalisePath(path);
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path.slice(folder.length)}\0${file.executable ? 'x' : '-'}\0${file.key}\0`);
  return `sha256:${hash.digest('hex')}`;
}

async function extractFiles(files: readonly KeyedFile[]): Promise<{ readonly folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-artifact-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    for (let start = 0; start < files.length; start += writtenAtOnce) {
      await Promise.all(files.slice(start, start + writtenAtOnce).map((file) => writeArtifactFile(folder, file)));
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: dispose };
}

async function writeArtifactFile(folder: string, file: KeyedFile): Promise<void> {
  const target = join(folder, normalisePath(file.path));
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(target, await file.read(), { mode: file.executable ? 0o700 : 0o600, flag: 'wx' });
}
