// `npm run soak`: life at a pace of a bump every second. Each must land, and nothing may grow; docs/faults.md says how it is judged.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { deployment } from '../journeys/support/resources.ts';
import { tellLog } from './play-round.ts';
import { createRandom } from './random.ts';
import { openRound, type Round } from './round.ts';
import { type Judgement, judge } from './soak-judgement.ts';
import { assertAllLanded, awaitLanding, type Pushes } from './soak-landing.ts';
import { readCpuSeconds, type Sample, takeSample } from './soak-samples.ts';
import { judgeSize } from './soak-size.ts';
import { until } from './until.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    services: { type: 'string', default: '50' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run soak [-- --minutes 60] [--services 50] [--quick: a minute, ten services] [--json FILE]; docs/faults.md says more',
  );
  process.exit();
}
const minutes = values.quick ? 1 : Number(values.minutes);
const names = Array.from({ length: values.quick ? 10 : Number(values.services) }, (_, index) => `service-${index}`);
const pushes: Pushes = new Map(names.map((name) => [name, []]));

await using round = await openRound(createRandom(1), {
  loop: {
    images: Object.fromEntries(names.map((name) => [name, ['1.0.0']])),
    files: (host) => Object.fromEntries(names.map((name) => [`apps/${name}.yaml`, deployment(name, `${host}/${name}:1.0.0`)])),
    policy: { spec: { digestReflectionPolicy: 'IfNotPresent' } },
  },
});
// The flags of the image: docs/figures.md compares with them.
await round.start({ nodeFlags: ['--max-semi-space-size=2'] });
await round.bot.started;
for (const name of names)
  await until(`${name} at its digest`, async () =>
    (await round.loop.main.file(`apps/${name}.yaml`))?.includes('1.0.0@sha256:'),
  ).catch(giveUp);
const start = performance.now();
const samples = await live(round).catch(giveUp);
const seconds = (performance.now() - start) / 1000;
const cpuSeconds = readCpuSeconds(round.bot.pid);
const landed = await assertAllLanded(round, pushes).catch(giveUp);
// A minute is too short for V8 to have found how much memory it wants.
const judgements = [...judge(samples, values.quick ? 128 : 0), await judgeSize(round, samples)];
report(judgements);

/** Bumps one service after the other, once a second where the bot keeps up, and looks every few. */
async function live(soaked: Round): Promise<Sample[]> {
  const { loop, bot, api, git } = soaked;
  const found: Sample[] = [];
  const everyBumps = values.quick ? 2 : 5;
  let requests = api.count + git.count;
  for (let bumps = 1; performance.now() - start < minutes * 60_000; bumps += 1) {
    const due = performance.now() + 1000;
    const name = names[bumps % names.length] ?? '';
    await awaitLanding(soaked, name, pushes);
    const tag = `1.${bumps}.0`;
    pushes.get(name)?.push(`${tag}@${await loop.registry.pushTag(name, tag)}`);
    await soaked.ask('ImageRepository', name);
    if (!bot.isAlive) throw new Error('the bot ended by itself');
    if (bumps % everyBumps === 0) {
      const sent = api.count + git.count;
      found.push(takeSample(soaked, performance.now() - start, (sent - requests) / everyBumps));
      requests = sent;
    }
    await sleep(Math.max(0, due - performance.now()));
  }
  return found;
}

/** FAULTS_LOG=1 shows what the bot logged. */
function giveUp(error: unknown): never {
  tellLog(round);
  throw error;
}

function report(judged: readonly Judgement[]): void {
  console.log(
    `${landed} bumps of ${names.length} services in ${(seconds / 60).toFixed(1)} min, each landed once, in order, at its digest, and runs`,
  );
  console.log(`${samples.length} samples; ${((100 * cpuSeconds) / seconds).toFixed(1)}% of a core without git\n`);
  console.log('the second half             first      last   a minute     growth    allowed');
  for (const { what, before, after, slopePerMinute, growth, tolerance, holds } of judged) {
    const cells = [before, after, slopePerMinute, growth, tolerance].map((value) => value.toFixed(1).padStart(10));
    console.log(`${what.padEnd(22)} ${cells.join(' ')}  ${holds ? 'holds' : 'GROWS'}`);
  }
  const json = JSON.stringify({ minutes, services: names.length, landed, cpuSeconds, seconds, judgements: judged, samples });
  if (values.json === undefined) console.log(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
  const replay = `npm run soak -- ${values.quick ? '--quick' : `--minutes ${minutes} --services ${names.length}`}`;
  const isFine = samples.length >= 12 && judged.every(({ holds }) => holds);
  if (!isFine) console.log(`FAILED${samples.length < 12 ? ': too few samples' : ''}; again: ${replay}`);
  process.exitCode = isFine ? 0 : 1;
}
