import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../core/index.ts';
import { createArtifact, type KeyedFile } from './create-artifact.ts';
import { createIgnoreRules, type IgnoreFile } from './ignore-rules.ts';

/**
 * A folder as it is on disk, as a source would make an artifact of it: regular files alone, without what `.sourceignore` and the
 * defaults leave out, and without what `ignored` names, patterns of one of its folders. For people who look before they commit.
 */
export function createFolderArtifact(folder: string, ignored?: IgnoreFile): Artifact {
  return createArtifact({ revision: 'local', list: () => listFiles(folder, ignored) });
}

async function listFiles(root: string, ignored: IgnoreFile | undefined): Promise<KeyedFile[]> {
  const paths = (await walk(root, '')).toSorted();
  const rules = paths.filter((path) => /(^|\/)\.sourceignore$/.test(path));
  const texts = await Promise.all(
    rules.map(async (path) => ({
      folder: path.replace(/\/?\.sourceignore$/, ''),
      text: await readFile(join(root, path), 'utf8'),
    })),
  );
  const isLeftOut = createIgnoreRules(texts, undefined);
  const isIgnored = ignored === undefined ? () => false : createIgnoreRules([ignored], undefined);
  return Promise.all(paths.filter((path) => !isLeftOut(path) && !isIgnored(path)).map((path) => describeFile(root, path)));
}

async function walk(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const found = await Promise.all(entries.map((entry) => visit(root, folder, entry)));
  return found.flat();
}

async function visit(root: string, folder: string, entry: Dirent): Promise<string[]> {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  if (entry.isDirectory()) return entry.name === '.git' || entry.name === 'node_modules' ? [] : walk(root, path);
  return entry.isFile() ? [path] : [];
}

/** Known by size and time: the content of a whole repository is not read to build one path. */
async function describeFile(root: string, path: string): Promise<KeyedFile> {
  const file = join(root, path);
  const { size, mtimeMs, mode } = await stat(file);
  const key = createHash('sha256').update(`${path}\0${size}\0${mtimeMs}`).digest('hex');
  return { path, key, executable: (mode & 0o100) !== 0, read: () => readFile(file) };
}
