// `npm run soak`: life at a pace of a bump every second; what grows is printed with its slope. docs/faults.md says how it is judged.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { deployment } from '../journeys/support/resources.ts';
import { createRandom } from './random.ts';
import { openRound, type Round } from './round.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    services: { type: 'string', default: '50' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const minutes = values.quick ? 1 : Number(values.minutes);
const names = Array.from({ length: values.quick ? 10 : Number(values.services) }, (_, index) => `service-${index}`);

interface Sample {
  readonly atMs: number;
  readonly residentMiB: number;
  readonly handles: number;
  readonly mirrorMiB: number;
  readonly requestsPerBump: number;
}

await using round = await openRound(createRandom(1), {
  loop: {
    images: Object.fromEntries(names.map((name) => [name, ['1.0.0']])),
    files: (host) => Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, deployment(name, `${host}/${name}:1.0.0`)])),
  },
});
await round.start();
await round.bot.started;
const samples = await live(round);
report(samples);

/** Bumps one service after the other, once a second, and looks every few. */
async function live({ loop, bot, api, git, stateFolder }: Round): Promise<Sample[]> {
  const found: Sample[] = [];
  const start = performance.now();
  const everyBumps = values.quick ? 3 : 10;
  let requests = 0;
  for (let bumps = 1; performance.now() - start < minutes * 60_000; bumps += 1) {
    const due = start + bumps * 1000;
    const name = names[bumps % names.length] ?? '';
    await loop.registry.pushTag(name, `1.${bumps}.0`);
    await loop.patch('ImageRepository', name, {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': `soak ${bumps}` } },
    });
    if (!bot.isAlive) throw new Error('the bot ended by itself');
    if (bumps % everyBumps === 0) {
      const sent = api.count + git.count;
      found.push({
        atMs: performance.now() - start,
        residentMiB: bot.residentBytes() / 2 ** 20,
        handles: readdirSync(`/proc/${bot.pid}/fd`).length,
        mirrorMiB: sizeOf(stateFolder) / 2 ** 20,
        requestsPerBump: (sent - requests) / everyBumps,
      });
      requests = sent;
    }
    await sleep(Math.max(0, due - performance.now()));
  }
  return found;
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** The last third against the second: the first is warming up. `most` is the ratio that is still flat within noise. */
function report(all: readonly Sample[]): void {
  const third = Math.floor(all.length / 3);
  const rows = (
    [
      ['resident MiB', ({ residentMiB }: Sample) => residentMiB, 1.35],
      ['file handles', ({ handles }: Sample) => handles, 1.35],
      ['state folder MiB', ({ mirrorMiB }: Sample) => mirrorMiB, 3],
      ['requests a bump', ({ requestsPerBump }: Sample) => requestsPerBump, 1.5],
    ] as const
  ).map(([what, read, most]) => {
    const [before, after] = [all.slice(third, 2 * third), all.slice(2 * third)].map((part) => median(part.map(read)));
    const ratio = (after ?? 0) / Math.max(before ?? 0, 1e-9);
    return {
      what,
      before: before ?? 0,
      after: after ?? 0,
      ratio,
      slopePerMinute: slope(all.slice(third), read),
      most,
      isFlat: ratio <= most,
    };
  });
  console.log(`${all.length} samples in ${minutes} min, ${names.length} services, a bump every second\n`);
  console.log('what               second third  last third   ratio  a minute  judged');
  for (const { what, before, after, ratio, slopePerMinute, most, isFlat } of rows) {
    const cells = [before.toFixed(1).padStart(12), after.toFixed(1).padStart(11), ratio.toFixed(2).padStart(7)];
    console.log(
      `${what.padEnd(18)} ${cells.join(' ')} ${slopePerMinute.toFixed(2).padStart(9)}  ${isFlat ? 'flat' : `GROWS (more than ${most})`}`,
    );
  }
  const json = JSON.stringify({ minutes, services: names.length, rows, samples: all });
  if (values.json === undefined) console.log(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
  process.exitCode = all.length >= 6 && rows.every(({ isFlat }) => isFlat) ? 0 : 1;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

/** Least squares, for each minute. */
function slope(all: readonly Sample[], read: (sample: Sample) => number): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(numbers.length, 1);
  const [middle, level] = [mean(all.map(({ atMs }) => atMs)), mean(all.map(read))];
  const above = all.reduce((sum, one) => sum + (one.atMs - middle) * (read(one) - level), 0);
  const below = all.reduce((sum, { atMs }) => sum + (atMs - middle) ** 2, 0);
  return below === 0 ? 0 : (above / below) * 60_000;
}
