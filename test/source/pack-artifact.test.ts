import { expect, test } from 'vitest';
import type { Artifact, ArtifactFile } from '../../src/core/index.ts';
import { packArtifact } from '../../src/source/pack-artifact.ts';

interface Reading {
  readonly files: readonly ArtifactFile[];
  /** How many reads were under way at a time, at most. */
  most(): number;
}

/** Files of these sizes, each read in a turn of its own. */
function readingOf(sizes: readonly number[], failing = -1): Reading {
  let running = 0;
  let most = 0;
  const files = sizes.map((size, index) => ({
    path: `f${String(index).padStart(3, '0')}`,
    executable: false,
    async read() {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (index === failing) throw new Error(`file ${index} cannot be read`);
      return Buffer.alloc(size, index);
    },
  }));
  return { files, most: () => most };
}

function artifactOf({ files }: Reading): Artifact {
  return { revision: 'r', contentKey: async () => null, files: async () => files } as unknown as Artifact;
}

const sizes = (count: number, size: number) => Array.from({ length: count }, () => size);

test('small files are asked for ahead, a few at a time, and the archive is the one of reading them one by one', async () => {
  const ahead = readingOf(sizes(100, 10));
  const { digest } = await packArtifact(artifactOf(ahead));
  expect(ahead.most()).toBeGreaterThan(1);
  expect(ahead.most()).toBeLessThanOrEqual(8);
  const again = readingOf(sizes(100, 10));
  expect((await packArtifact(artifactOf(again))).digest).toBe(digest);
  const other = readingOf([...sizes(99, 10), 11]);
  expect((await packArtifact(artifactOf(other))).digest).not.toBe(digest);
});

test('large ones are read one by one, so that memory holds one', async () => {
  const reading = readingOf(sizes(5, 1024 * 1024));
  await packArtifact(artifactOf(reading));
  expect(reading.most()).toBe(1);
});

test.for([0, 1, 50, 99])('file %i that cannot be read fails the archive', async (failing) => {
  await expect(packArtifact(artifactOf(readingOf(sizes(100, 10), failing)))).rejects.toThrow(`file ${failing} cannot be read`);
});
