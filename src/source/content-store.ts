import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceRef } from '../core/index.ts';
import type { KeyedFile } from './create-artifact.ts';
import { artifactLost } from './lost-artifact.ts';
import type { IncomingFile } from './read-archive.ts';

/** Contents of artifacts that came from outside, on disk and not in memory: one file an artifact, written one after the other. */
export interface ContentStore {
  /** Keeps the files; the artifact before it stays readable for builds that are under way, older ones go. Throws what reading them throws. */
  keep(source: SourceRef, files: AsyncIterable<IncomingFile>): Promise<readonly KeyedFile[]>;
  /** A place for something that is needed for a moment; the caller deletes it. */
  scratch(): Promise<string>;
  drop(source: SourceRef): Promise<void>;
}

const keptOfEach = 2;

/** What an earlier process left in the folder goes: nobody knows any more what it is. */
export function createContentStore(folder: string): ContentStore {
  const kept = new Map<string, readonly string[]>();
  let emptied: Promise<void> | null = null;
  const scratch = async () => {
    emptied ??= rm(folder, { recursive: true, force: true });
    await emptied;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, randomUUID());
  };
  const retire = async (key: string, names: readonly string[], count: number) => {
    kept.set(key, names.slice(0, count));
    await Promise.all(names.slice(count).map((name) => rm(name, { force: true })));
  };
  return {
    scratch,
    async keep(source, files) {
      const file = await scratch();
      try {
        const written = await writeFiles(file, files);
        const key = keyOf(source);
        await retire(key, [file, ...(kept.get(key) ?? [])], keptOfEach);
        return written;
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
    },
    async drop(source) {
      await retire(keyOf(source), kept.get(keyOf(source)) ?? [], 0);
      kept.delete(keyOf(source));
    },
  };
}

async function writeFiles(file: string, files: AsyncIterable<IncomingFile>): Promise<readonly KeyedFile[]> {
  const found = new Map<string, KeyedFile>();
  const handle = await open(file, 'wx', 0o600);
  try {
    let start = 0;
    for await (const incoming of files) {
      const { bytes, key } = await append(handle, incoming.content);
      const [from, path] = [start, incoming.path];
      found.set(path, { path, key, executable: incoming.executable, read: () => readPart(file, from, bytes) });
      start += bytes;
    }
  } finally {
    await handle.close();
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function append(handle: FileHandle, content: AsyncIterable<Uint8Array>): Promise<{ bytes: number; key: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    bytes += chunk.length;
    await handle.writeFile(chunk);
  }
  return { bytes, key: hash.digest('hex') };
}

function readPart(file: string, start: number, bytes: number): Promise<Buffer> {
  return readExactly(file, start, bytes).catch((error: unknown) => {
    const isGone = error instanceof RangeError || (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isGone ? artifactLost('an artifact', error as Error) : error;
  });
}

async function readExactly(file: string, start: number, bytes: number): Promise<Buffer> {
  const content = Buffer.alloc(bytes);
  if (bytes === 0) return content;
  await using handle = await open(file, 'r');
  for (let read = 0; read < bytes; ) {
    const { bytesRead } = await handle.read(content, read, bytes - read, start + read);
    if (bytesRead === 0) throw new RangeError(`${file} ends before its content`);
    read += bytesRead;
  }
  return content;
}

function keyOf({ kind, namespace, name }: SourceRef): string {
  return `${kind}/${namespace}/${name}`;
}
