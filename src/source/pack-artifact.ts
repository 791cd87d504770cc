import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Artifact, ArtifactFile } from '../core/index.ts';
import { describeTarEntry, padding, tarEnd } from './tar.ts';

export interface PackedArtifact {
  readonly bytes: Buffer;
  /** `sha256:<hex>` of the bytes. */
  readonly digest: string;
}

/**
 * The artifact as a `.tar.gz` that is the same on every machine, with the entries of Flux's: the root and every folder before what is in it, no
 * slash behind them, without owners and times, modes 0600, 0700 and 0750 for folders.
 */
export async function packArtifact(artifact: Artifact): Promise<PackedArtifact> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamArtifact(artifact)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return { bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

/** The same bytes piece by piece, for artifacts too large to hold. */
export async function* streamArtifact(artifact: Artifact): AsyncGenerator<Buffer> {
  const tar = Readable.from(writeTar(await artifact.files('')));
  const gzip = createGzip({ level: 6 });
  tar.on('error', (error) => gzip.destroy(error));
  tar.pipe(gzip);
  let first = true;
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    // Byte 9 names the system that compressed; 255 is "unknown".
    if (first && chunk.length > 9) chunk[9] = 255;
    first = false;
    yield chunk;
  }
}

async function* writeTar(files: readonly ArtifactFile[]): AsyncGenerator<Buffer> {
  const folders = new Set<string>();
  yield describeTarEntry({ path: '.', kind: 'folder', mode: 0o750, bytes: 0 });
  for await (const { file, content } of readInOrder(files.toSorted((a, b) => compareAsWalked(a.path, b.path)))) {
    for (const folder of foldersAbove(file.path)) {
      if (folders.has(folder)) continue;
      folders.add(folder);
      yield describeTarEntry({ path: folder, kind: 'folder', mode: 0o750, bytes: 0 });
    }
    yield describeTarEntry({ path: file.path, kind: 'file', mode: file.executable ? 0o700 : 0o600, bytes: content.length });
    if (content.length > 0) yield content;
    yield padding(content.length);
  }
  yield tarEnd;
}

const readAheadAtMost = 8;
/** Behind a larger one nothing is read ahead: memory holds a few small files, or one large one and what was asked for before. */
const smallBytes = 256 * 1024;

/** Each file with its content, in this order; the next ones are asked for while one is written, since each is a question to another process. */
async function* readInOrder(files: readonly ArtifactFile[]): AsyncGenerator<{ file: ArtifactFile; content: Buffer }> {
  const asked: Promise<Buffer>[] = [];
  let ahead = 1;
  for (const [index, file] of files.entries()) {
    for (const next of files.slice(index + asked.length, index + ahead)) {
      const reading = next.read();
      reading.catch(() => {}); // told when its turn comes
      asked.push(reading);
    }
    const content = await (asked.shift() ?? file.read());
    ahead = content.length > smallBytes ? 1 : Math.min(readAheadAtMost, ahead * 2);
    yield { file, content };
  }
}

/** Folder by folder, by name: `a/b` comes before `a-b`, which as text it would not. */
function compareAsWalked(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  const at = left.findIndex((part, index) => part !== right[index]);
  return Buffer.compare(Buffer.from(left[at] ?? ''), Buffer.from(right[at] ?? ''));
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
