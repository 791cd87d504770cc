import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { type BenchOptions, parseBenchOptions, usage } from './options.ts';
import { printMeasured } from './print-results.ts';
import type { Measured, Scenario } from './scenario.ts';

interface Result {
  readonly scenario: string;
  readonly ours: Measured;
  readonly peer: Measured | null;
  /** Of the machine, over the last minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

const words = process.argv.slice(2);
if (words.includes('--help')) console.log(usage);
else await bench(parseBenchOptions(words, process.env));
process.exit();

/** Runs what is asked for, one after another; prints tables, and writes JSON where that is asked for. Times are this machine's: compare ratios. */
async function bench(options: BenchOptions): Promise<void> {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;
  console.log(`${machine}; ${options.api === 'real' ? 'a real kube-apiserver and registry' : 'the embedded API'}`);
  const results: Result[] = [];
  for (const scenario of options.asked) {
    results.push(await runScenario(scenario, options));
    if (options.jsonFile !== null)
      await writeFile(
        options.jsonFile,
        `${JSON.stringify({ machine, api: options.api, quick: options.quick, results }, null, 2)}\n`,
      );
  }
}

async function runScenario(scenario: Scenario, { api, quick, peer: hasPeer }: BenchOptions): Promise<Result> {
  const [loadBefore = 0] = loadavg();
  const ours = await scenario.run({ api, quick, subject: 'tagalong' });
  const peer = hasPeer && scenario.hasPeer ? await scenario.run({ api, quick, subject: 'flux' }) : null;
  const [loadAfter = 0] = loadavg();
  console.log(`\n${scenario.name}: ${scenario.what} (load average ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)})`);
  printMeasured(ours, peer);
  return { scenario: scenario.name, ours, peer, loadBefore, loadAfter };
}
