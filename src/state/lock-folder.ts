import { join } from 'node:path';

/**
 * Keeps every other process out of a state folder until it is disposed, or this process ends, however it ends. Null when another process
 * has it. The lock is one of the operating system's, by way of an exclusive transaction: there is no file to be left over by a `kill -9`.
 */
export async function lockFolder(folder: string): Promise<Disposable | null> {
  // Only `run` needs it, and Node's SQLite still warns when it is loaded.
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** https://sqlite.org/rescode.html#busy */
const sqliteBusy = 5;
