import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Artifact, ArtifactFile } from '../../src/core/index.ts';

export interface CountedArtifact extends Artifact {
  /** How often a file was read. */
  readonly reads: number;
}

/** An artifact made of the given files. */
export function artifactOf(contents: Readonly<Record<string, string | Buffer>>, revision = 'main@sha1:0001'): CountedArtifact {
  let reads = 0;
  const paths = Object.keys(contents).toSorted();
  const below = (path: string) => paths.filter((file) => path === '' || file === path || file.startsWith(`${path}/`));
  const bytes = (path: string) => Buffer.from(contents[path] ?? '');
  return {
    revision,
    get reads() {
      return reads;
    },
    async contentKey(path) {
      const found = below(path);
      if (found.length === 0) return null;
      const hash = createHash('sha256');
      for (const file of found) hash.update(`${file}\0${bytes(file).length}\0`).update(bytes(file));
      return hash.digest('hex');
    },
    async files(path): Promise<ArtifactFile[]> {
      return below(path).map((file) => ({
        path: file,
        executable: false,
        read: async () => {
          reads += 1;
          return bytes(file);
        },
      }));
    },
    async extract() {
      const folder = await mkdtemp(join(tmpdir(), 'tagalong-artifact-'));
      for (const file of paths) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await writeFile(join(folder, file), bytes(file));
      }
      return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
    },
  };
}
