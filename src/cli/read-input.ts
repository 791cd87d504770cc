import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';

/** The text of a file that the command line names; `-` is standard input. Throws USAGE when it cannot be read. */
export async function readInput(path: string): Promise<string> {
  try {
    const content = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
    return content.replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new CliError('USAGE', `reading ${path}: ${describeFileError(cause)}`, cause);
  }
}
