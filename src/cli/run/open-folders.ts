import { access, constants, readdir } from 'node:fs/promises';
import { lockFolder } from '../../state/index.ts';
import { describeFileError } from '../describe-file-error.ts';
import { CliError } from '../error.ts';
import { makeFolder } from './make-folder.ts';

/** A mistyped folder is told at once; one that vanishes later removes nothing. */
export async function checkPoliciesFolder(folder: string): Promise<void> {
  await readdir(folder).catch((error: unknown) => {
    throw new CliError('USAGE', `--policies ${folder}: ${describeFileError(error)}`);
  });
}

/** One process to a folder: two would take each other's mirrors and embedded API apart. */
export async function openStateFolder(folder: string): Promise<Disposable> {
  const lock = await makeFolder(folder)
    .then(() => access(folder, constants.W_OK))
    .then(() => lockFolder(folder))
    .catch((error: unknown) => {
      throw new CliError('USAGE', `--state-dir ${folder}: ${describeFileError(error)}`);
    });
  if (lock !== null) return lock;
  throw new CliError(
    'FAILED',
    `--state-dir ${folder} is in use by another tagalong; end that one, or give this one a folder of its own`,
  );
}
