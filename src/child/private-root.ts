import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** What `statfs` says of file systems that are in memory alone: tmpfs and ramfs. */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
const memoryFolder = '/dev/shm';

/** Where secrets may stand in files while a program reads them: in memory where the system has a folder for it, else among temporary files. */
export async function privateRoot(): Promise<string> {
  try {
    const { type } = await statfs(memoryFolder);
    if (!inMemory.has(type)) return tmpdir();
    await access(memoryFolder, constants.W_OK | constants.X_OK);
    return memoryFolder;
  } catch {
    return tmpdir();
  }
}
