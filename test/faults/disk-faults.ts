import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kustomization } from '../journeys/support/resources.ts';
import type { Fault } from './fault.ts';
import type { Random } from './random.ts';
import type { Round } from './round.ts';
import { until } from './until.ts';

const filesBelow = (folder: string) =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();

/** Some of the files get other bytes, an end in the middle, or are gone. */
function spoil(files: readonly string[], random: Random): void {
  for (const file of files.filter(() => random.chance(0.4))) {
    const how = random.pick(['bytes', 'half', 'gone'] as const);
    rmSync(file, { force: true });
    if (how === 'bytes') writeFileSync(file, Buffer.from(Array.from({ length: 200 }, () => random.between(0, 255))));
    if (how === 'half') writeFileSync(file, '{"half":');
  }
}

async function betweenTwoLives(round: Round, act: () => void): Promise<void> {
  await round.bump();
  await round.wait(0, 800);
  await round.kill();
  act();
  await round.start();
  await round.bump();
}

export const diskFaults: readonly Fault[] = [
  {
    name: 'state-deleted',
    play: (round) => betweenTwoLives(round, () => rmSync(round.stateFolder, { recursive: true, force: true })),
  },
  {
    name: 'state-deleted-while-running',
    async play(round) {
      for (const name of readdirSync(round.stateFolder)) rmSync(join(round.stateFolder, name), { recursive: true, force: true });
      // Something that was never read is wanted, and nothing new is in git that would have to be fetched.
      await round.loop.apply(kustomization('./other', {}, 'other'));
      const map = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'other' };
      await until('what was never read to be applied', async () => (await round.loop.cluster.get(map)) !== null);
      await round.said(/its folder is gone/);
      await round.bump();
      await round.commit('After the state was gone');
    },
  },
  {
    name: 'state-corrupted',
    play: (round) =>
      betweenTwoLives(round, () => {
        const files = filesBelow(round.stateFolder).filter((file) => !file.includes('mirror'));
        spoil(files, round.random);
      }),
  },
  {
    name: 'mirror-corrupted',
    play: (round) => betweenTwoLives(round, () => spoil(filesBelow(round.stateFolder).filter(isOfGit), round.random)),
  },
  {
    name: 'mirror-corrupted-while-running',
    async play(round) {
      const packs = filesBelow(round.stateFolder).filter((file) => /\/objects\//.test(file));
      for (const file of packs.filter(() => round.random.chance(0.6))) {
        if (round.random.chance(0.5)) rmSync(file, { force: true });
        else truncate(file);
      }
      await round.commit('After the mirror was spoilt');
      await round.bump();
    },
  },
  { name: 'disk-full', play: fillDisk },
];

const isOfGit = (file: string) => /\/(objects|refs|HEAD|packed-refs|config)/.test(file);

function truncate(file: string): void {
  rmSync(`${file}.tmp`, { force: true });
  execFileSync('chmod', ['u+w', file]);
  truncateSync(file, Math.floor(statSync(file).size / 2));
}

/** The state folder moves to a small disk of its own, which something else fills; where none can be mounted, no file may grow. */
async function fillDisk(round: Round): Promise<void> {
  await round.kill();
  const disk = mountDisk(round.stateFolder);
  try {
    if (disk === 'none') {
      await round.start({ maxFileBytes: 512 });
      await round.bump();
      await round.wait(2000, 4000);
      await round.kill();
      await round.start();
    } else {
      await (await round.start()).started;
      await round.wait(500, 1500);
      const filler = join(round.stateFolder, 'filler');
      fill(filler);
      await round.bump();
      await round.commit('While the disk was full');
      await round.said(/disk of the state folder is full|ENOSPC|no space left/i);
      await round.wait(1500, 4000);
      rmSync(filler, { force: true });
    }
    await round.settle();
  } finally {
    await round.kill();
    if (disk === 'mounted') execFileSync('umount', ['-l', round.stateFolder]);
  }
  await round.start();
}

function mountDisk(folder: string): 'mounted' | 'none' {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'none', folder], { stdio: 'ignore' });
    return 'mounted';
  } catch {
    return 'none';
  }
}

function fill(file: string): void {
  for (let size = 8 << 20; size >= 1024; size >>= 1) {
    try {
      writeFileSync(file, Buffer.alloc(size, 1), { flag: 'a' });
    } catch {
      // The rest of the disk is smaller than this.
    }
  }
}
