import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFileError } from './describe-file-error.ts';
import { CliError } from './error.ts';

const lookEveryMs = 250;

/** The lines of a file, and then those that are added, until `signal`. A file that became shorter was started anew, and is read from its start. */
export async function* followFile(path: string, signal: AbortSignal): AsyncGenerator<string> {
  await using file = await open(path).catch((error: unknown) => {
    throw new CliError('USAGE', `--file ${path}: ${describeFileError(error)}`, error);
  });
  const buffer = Buffer.alloc(64 << 10);
  let position = 0;
  let rest = Buffer.alloc(0);
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) {
      await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
      if ((await file.stat()).size < position) position = 0;
      continue;
    }
    position += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
    }
  }
}
