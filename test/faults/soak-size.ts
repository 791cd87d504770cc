import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Round } from './round.ts';
import type { Judgement } from './soak-judgement.ts';
import type { Sample } from './soak-samples.ts';

const execute = promisify(execFile);
const timesThePacked = 4;
const slackMiB = 16;

/** A repository grows by its commits. So the state folder is compared with a clone of main that was packed as tightly as git can. */
export async function judgeSize({ loop }: Round, samples: readonly Sample[]): Promise<Judgement> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-soak-'));
  try {
    await execute('git', ['clone', '--quiet', '--bare', loop.gitHost.url('fleet'), folder]);
    await execute('git', ['-C', folder, 'repack', '-a', '-d', '-q']);
    const packs = join(folder, 'objects/pack');
    const sizes = await Promise.all((await readdir(packs)).map(async (name) => (await stat(join(packs, name))).size));
    const packedMiB = sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
    const [before = 0, after = 0] = [samples[samples.length >> 1]?.stateMiB, samples.at(-1)?.stateMiB];
    const tolerance = timesThePacked * packedMiB + slackMiB;
    return { what: 'state folder MiB', before, after, slopePerMinute: 0, growth: after, tolerance, holds: after <= tolerance };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
