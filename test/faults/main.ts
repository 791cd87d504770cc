// `npm run faults`: breaks things in seeded rounds and looks whether what must hold holds. docs/faults.md says what is tried.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { apiFaults } from './api-faults.ts';
import { diskFaults } from './disk-faults.ts';
import type { Fault } from './fault.ts';
import { runFuzz } from './fuzz.ts';
import { garbageFaults } from './garbage-faults.ts';
import { killFaults } from './kill-faults.ts';
import { type Outcome, playRound } from './play-round.ts';
import { printOutcomes } from './print-outcomes.ts';
import { rivalFaults } from './rival-faults.ts';
import { gitFaults, registryFaults } from './source-faults.ts';

const faults: readonly Fault[] = [
  ...killFaults,
  ...diskFaults,
  ...apiFaults,
  ...registryFaults,
  ...gitFaults,
  ...rivalFaults,
  ...garbageFaults,
];
/** One of each group, and the kills twice. */
const quick = [
  'kill-random',
  'kill-after-pack',
  'kill-before-inventory',
  'mirror-corrupted',
  'disk-full',
  'api-restart',
  'registry-half-list',
  'git-accepts-and-dies',
  'two-clusters-one-file',
  'a-bot-that-undoes-us',
];

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    fuzz: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`npm run faults -- [--seeds N] [--seed N] [--only NAME] [--quick] [--real] [--list] [--json FILE]
npm run faults -- --fuzz [--seed N] [--quick]
docs/faults.md says what is done and what must hold`);
  process.exit();
}
if (values.list) {
  for (const { name } of faults) console.log(name);
  process.exit();
}
if (values.fuzz) process.exit(await runFuzz(Number(values.seed ?? Date.now() % 1_000_000), values.quick));

/** Each fault in turn, so that so many seeds try all of them about equally often. */
function chooseFault(seed: number): Fault {
  const { only } = values;
  const exact = faults.filter(({ name }) => name === only);
  const named = only === undefined ? null : exact.length > 0 ? exact : faults.filter(({ name }) => name.includes(only));
  const pool = named ?? (values.quick ? faults.filter(({ name }) => quick.includes(name)) : faults);
  const fault = pool[(seed - 1) % pool.length];
  if (fault === undefined) throw new Error(`no fault is called ${values.only}; --list names them`);
  return fault;
}

const seeds =
  values.seed === undefined
    ? Array.from({ length: values.quick ? 10 : Number(values.seeds) }, (_, index) => index + 1)
    : [Number(values.seed)];
const outcomes: Outcome[] = [];
for (const seed of seeds) {
  const fault = chooseFault(seed);
  await using api = values.real ? await (await import('../real/kube-api-server.ts')).startKubeApiServer() : null;
  const outcome = await playRound(fault, seed, api ?? undefined);
  outcomes.push(outcome);
  const told = outcome.failure === null ? 'ok' : `FAILED: ${outcome.failure}\n    replay: ${outcome.replay}`;
  console.log(
    `${String(seed).padStart(4)} ${fault.name.padEnd(32)} ${(outcome.durationMs / 1000).toFixed(1).padStart(6)} s  ${told}`,
  );
}
printOutcomes(outcomes);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(outcomes, null, 2)}\n`);
else console.log(`\n${JSON.stringify(outcomes)}`);
process.exit(outcomes.some(({ failure }) => failure !== null) ? 1 : 0);
