import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Header } from 'tar-stream';
import { errorMessage } from '../core/index.ts';
import type { ArchiveLimits } from './archive-limits.ts';
import { SourceError } from './error.ts';

/** A file on its way into an artifact; its content is read before the next one is asked for. */
export interface IncomingFile {
  readonly path: string;
  readonly executable: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * The regular files of a `.tar.gz` from outside. Folders go without saying and symlinks never reach a consumer; a path that leaves the
 * archive, a hard link, a device, and more than the limits are errors.
 */
export async function* readArchive(
  archive: AsyncIterable<Uint8Array>,
  limits: Pick<ArchiveLimits, 'maxContentBytes' | 'maxFiles'>,
): AsyncGenerator<IncomingFile> {
  const { extract } = await import('tar-stream'); // only for what others packed
  const entries = extract();
  const gunzip = createGunzip();
  const source = Readable.from(archive);
  source.on('error', (error) => gunzip.destroy(error));
  gunzip.on('error', (error) => entries.destroy(error));
  source.pipe(gunzip).pipe(entries);
  let [bytes, files] = [0, 0];
  gunzip.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.maxContentBytes) gunzip.destroy(tooLarge(`it unpacks to more than ${limits.maxContentBytes} bytes`));
  });
  try {
    for await (const entry of entries) {
      files += 1;
      if (files > limits.maxFiles) throw tooLarge(`it has more than ${limits.maxFiles} entries`);
      const path = isKept(entry.header) ? cleanPath(entry.header.name) : null;
      if (path === null) entry.resume();
      else yield { path, executable: ((entry.header.mode ?? 0) & 0o111) !== 0, content: readContent(entry) };
    }
  } catch (error) {
    throw badArchive(error);
  } finally {
    source.destroy();
    gunzip.destroy();
    entries.destroy();
  }
}

/** An archive that breaks off is told by whoever is reading it at the moment. */
async function* readContent(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of entry) yield chunk as Uint8Array;
  } catch (error) {
    throw badArchive(error);
  }
}

function isKept({ type, name }: Header): boolean {
  if (type === 'file' || type === 'contiguous-file' || type === null || type === undefined) return true;
  if (type === 'directory') {
    cleanPath(name);
    return false;
  }
  if (type === 'symlink') return false;
  throw new SourceError('ILLEGAL_PATH', `unpacking an artifact: ${quote(name)} is a ${type}; only files and folders are allowed`);
}

/** `./a//b` is `a/b`. Throws ILLEGAL_PATH for an absolute path and for one with `..`. */
export function cleanPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (!name.startsWith('/') && !parts.includes('..') && !name.includes('\0')) return parts.join('/');
  throw new SourceError('ILLEGAL_PATH', `unpacking an artifact: the path ${quote(name)} leaves it`);
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}

function tooLarge(because: string): SourceError {
  return new SourceError('ARTIFACT_TOO_LARGE', `unpacking an artifact: ${because}; keep out of it what is not needed`);
}

function badArchive(cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause;
  const message = `unpacking an artifact: it is no tar.gz archive, or it is cut (${errorMessage(cause)})`;
  return new SourceError('BAD_ARCHIVE', message, { cause });
}
