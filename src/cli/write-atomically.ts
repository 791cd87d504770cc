import { randomBytes } from 'node:crypto';
import { access, constants, type FileHandle, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError } from './error.ts';

/**
 * Replaces a file's content as a whole: whoever reads sees the old or the new text, also after a crash. Mode and, where allowed, owner
 * stay. Throws FAILED if the file is read-only, or no longer what it was when `before` was read.
 */
export async function writeAtomically(path: string, before: Buffer, after: Buffer): Promise<void> {
  const stat = await lstat(path);
  if (!stat.isFile() || !(await readFile(path)).equals(before))
    throw new CliError('FAILED', 'the file changed meanwhile; run again');
  await access(path, constants.W_OK);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', stat.mode & 0o777);
  try {
    await fill(handle, after, stat);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

async function fill(
  handle: FileHandle,
  content: Buffer,
  { mode, uid, gid }: { mode: number; uid: number; gid: number },
): Promise<void> {
  try {
    await handle.writeFile(content);
    // Only root may give a file away; as anybody else the file is our own already.
    await handle.chown(uid, gid).catch(() => {});
    await handle.chmod(mode & 0o7777);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
