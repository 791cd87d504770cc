import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Store, TagalongError } from '../core/index.ts';

/**
 * A `Store` of files under `folder` (made 0700). A value is written beside its place, synced and renamed, so that a crash leaves the old
 * or the new one.
 */
export function createFileStore(folder: string): Store {
  const pathOf = (key: string) => join(folder, ...segmentsOf(key));
  return {
    read: async (key) => readFile(pathOf(key)).catch(nullIfAbsent),
    write: async (key, value) => writeAtomically(pathOf(key), value),
    delete: async (key) => rm(pathOf(key), { force: true }),
    list: (prefix) => listKeys(folder, prefix),
  };
}

/** A `Store` that forgets with the process; for one-shot commands. */
export function createMemoryStore(): Store {
  const values = new Map<string, Buffer>();
  return {
    read: async (key) => values.get(key) ?? null,
    write: async (key, value) => void values.set(key, Buffer.from(value)),
    delete: async (key) => void values.delete(key),
    list: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

/** Names come from a cluster: anything that is not plainly a name is encoded, so that no key leaves the folder. */
function segmentsOf(key: string): string[] {
  return key.split('/').map((segment) => {
    if (segment === '' || segment === '.' || segment === '..')
      throw new TagalongError('BAD_KEY', `state key "${key}" has an empty or relative part`);
    return encodeURIComponent(segment);
  });
}

async function writeAtomically(path: string, value: Buffer | string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = await openIn(dirname(path), temporary);
  try {
    await file.writeFile(value);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Nearly always the folder is there: it is made when it turns out not to be. */
async function openIn(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return open(path, 'w', 0o600);
  }
}

async function listKeys(folder: string, prefix: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const keys = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.new')).map((entry) => keyOf(folder, entry));
  return keys.filter((key) => key.startsWith(prefix)).sort();
}

function keyOf(folder: string, entry: { parentPath: string; name: string }): string {
  const relative = join(entry.parentPath, entry.name).slice(folder.length);
  return relative.split('/').filter(Boolean).map(decodeURIComponent).join('/');
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
