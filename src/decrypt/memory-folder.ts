import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readlink, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DecryptError } from './error.ts';

/** A folder in memory that only this user can read. Disposing it overwrites and removes what was put there. */
export interface MemoryFolder extends AsyncDisposable {
  /** Writes a file of an arbitrary name, and returns its path. */
  put(bytes: Buffer): Promise<string>;
}

const prefix = 'tagalong-decrypted-';
/** What `statfs` says of file systems that are in memory alone: tmpfs and ramfs. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Tells this process from an earlier one that had its number, as the first process of a container always does. */
const incarnation = randomBytes(6).toString('hex');

/**
 * Makes a folder where text may stand decrypted while a program reads it: below /dev/shm, or below the user's runtime folder or the folder
 * of temporary files where these are in memory. What a process that was killed left behind is removed first. Throws NO_MEMORY_FOLDER.
 */
export async function createMemoryFolder(candidates: readonly string[] = defaultCandidates()): Promise<MemoryFolder> {
  const root = await findRoot(candidates);
  await removeLeftovers(root);
  const folder = join(root, `${prefix}${await processSpace()}-${process.pid}-${incarnation}-${randomBytes(6).toString('hex')}`);
  await mkdir(folder, { mode: 0o700 });
  const sizes = new Map<string, number>();
  return {
    async put(bytes) {
      const path = join(folder, String(sizes.size));
      sizes.set(path, bytes.length);
      await write(path, bytes, 'wx');
      return path;
    },
    async [Symbol.asyncDispose]() {
      for (const [path, size] of sizes) await write(path, Buffer.alloc(size), 'r+').catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function defaultCandidates(): string[] {
  const { uid } = userInfo();
  return ['/dev/shm', `/run/user/${uid}`, tmpdir()];
}

async function findRoot(candidates: readonly string[]): Promise<string> {
  for (const folder of candidates) if (await isInMemory(folder)) return folder;
  throw new DecryptError(
    'NO_MEMORY_FOLDER',
    `kustomize has to read decrypted files, and none of ${candidates.join(', ')} is a folder in memory that can be written; mount one at /dev/shm (in Kubernetes: an emptyDir of medium Memory)`,
  );
}

async function isInMemory(folder: string): Promise<boolean> {
  try {
    const { type } = await statfs(folder);
    if (!inMemory.has(type)) return false;
    const probe = join(folder, `${prefix}probe-${randomBytes(6).toString('hex')}`);
    await mkdir(probe, { mode: 0o700 });
    await rm(probe, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

async function write(path: string, bytes: Buffer, flags: string): Promise<void> {
  await using file = await open(path, flags, 0o600);
  await file.writeFile(bytes);
}

/** Removes what earlier processes of this user left in memory when they were killed. */
export async function removeDecryptedLeftovers(candidates: readonly string[] = defaultCandidates()): Promise<void> {
  for (const folder of candidates) if (await isInMemory(folder)) await removeLeftovers(folder);
}

async function removeLeftovers(root: string): Promise<void> {
  const space = await processSpace();
  for (const name of await readdir(root).catch(() => [])) {
    const [, itsSpace, pid, made] = /^tagalong-decrypted-(\d+)-(\d+)-([0-9a-f]+)-[0-9a-f]+$/.exec(name) ?? [];
    if (pid === undefined || made === incarnation) continue;
    const path = join(root, name);
    const isLeft = itsSpace === space ? Number(pid) === process.pid || !isAlive(Number(pid)) : await isOld(path);
    // What belongs to another user stays; it is not ours to read either.
    if (isLeft) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Numbers of processes mean something within one of these alone: containers that share the folder do not share it. */
async function processSpace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}

/** Longer than any run of kustomize takes. */
const oldMs = 600_000;

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > oldMs;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
