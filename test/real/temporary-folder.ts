import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardWith } from './guard.ts';

/** A folder that exists until it is disposed of, or until this process ends. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Creates an empty folder for one part, readable by this user alone. */
export async function createTemporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `tagalong-${name}-`));
  const guard = guardWith('sleep 1; rm -rf "$1"', path); // a second, so that guarded processes stop writing first
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      guard.release();
    },
  };
}
