import { mkdir, readdir } from 'node:fs/promises';
import { errorMessage } from '../../core/index.ts';
import { lockFolder } from '../../state/index.ts';
import { CliError } from '../error.ts';

/** A mistyped folder is told at once; one that vanishes later removes nothing. */
export async function checkPoliciesFolder(folder: string): Promise<void> {
  await readdir(folder).catch((error: unknown) => {
    throw new CliError('USAGE', `--policies ${folder}: ${errorMessage(error)}`);
  });
}

/** One process to a folder: two would take each other's mirrors and embedded API apart. */
export async function openStateFolder(folder: string): Promise<Disposable> {
  const lock = await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => lockFolder(folder))
    .catch((error: unknown) => {
      throw new CliError('USAGE', `--state-dir ${folder}: ${errorMessage(error)}`);
    });
  if (lock !== null) return lock;
  throw new CliError(
    'FAILED',
    `--state-dir ${folder} is in use by another tagalong; end that one, or give this one a folder of its own`,
  );
}
