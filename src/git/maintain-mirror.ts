import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from './run-git.ts';
import { runGit } from './run-git.ts';

/** When the mirror's files are put in order again. */
export interface MirrorState {
  /** Bytes in pack files when its commit graph was written last. */
  readonly graphedBytes: number;
  /** Fetches that brought something, since then. */
  readonly changes: number;
  /** Bytes in pack files when what nothing reaches was collected last, or when the process began. */
  readonly collectedBytes: number;
}

const manyChanges = 50;
const largeBytes = 1_048_576;
const manyPacks = 30;
const manyChangesForCollection = 2_000;
const slackBytes = 64 * 1_048_576;

// Unreachable objects are kept for a while: a commit that is not pushed yet has no ref. Not `gc`: it would lock the refs.
const collection = [
  ['repack', '-A', '-d', '--unpack-unreachable=1.week.ago', '--quiet'],
  ['prune', '--expire=1.week.ago'],
];

/** What has to be done now, beside packing the refs; empty most of the time. */
export function planMaintenance(
  state: MirrorState,
  packs: readonly number[],
  changesInAll: number,
): readonly (readonly string[])[] {
  const grown = sum(packs) - state.graphedBytes;
  // A branch that is pushed anew, and a mirror without history, leave behind what nothing reaches any more.
  const isBloated = sum(packs) > 2 * state.collectedBytes + slackBytes;
  if (grown < largeBytes && state.changes < manyChanges && !isBloated) return [];
  const graph = [
    'commit-graph',
    'write',
    '--reachable',
    '--changed-paths',
    '--no-progress',
    ...(grown < largeBytes ? ['--split'] : []),
  ];
  if (changesInAll >= manyChangesForCollection || isBloated) return [...collection, graph];
  const repack = packs.length > manyPacks || state.changes >= manyChanges ? [['repack', '-d', '--geometric=2', '--quiet']] : [];
  return [...repack, graph];
}

export async function runMaintenance(
  repository: Repository,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<void> {
  for (const command of commands) await runGit(repository, command, { signal });
}

/** The sizes of the mirror's packs in bytes. */
export async function measurePacks({ folder }: Repository): Promise<number[]> {
  const packs = join(folder, 'objects/pack');
  const names = (await readdir(packs).catch(() => [])).filter((name) => name.endsWith('.pack'));
  return Promise.all(
    names.map((name) =>
      stat(join(packs, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
