import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { type BenchOptions, parseBenchOptions, usage } from './options.ts';
import { printMeasured } from './print-results.ts';
import { type Comparison, comparisonsOf, type Measured, type Scenario } from './scenario.ts';
import type { SubjectName } from './subject.ts';

interface Result {
  readonly scenario: string;
  /** Null where it did not come to its end, or there is no peer. */
  readonly ours: Measured | null;
  readonly peer: Measured | null;
  readonly comparisons: readonly Comparison[];
  /** Why it did not come to its end. */
  readonly failures: readonly string[];
  readonly seconds: number;
  /** Of the machine, over the last minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

process.exit(await main(process.argv.slice(2)));

/** The exit code: 1 where a scenario failed, 2 where the words are not understood or a part that they need is missing. */
async function main(words: readonly string[]): Promise<number> {
  try {
    if (!words.includes('--help')) return (await bench(parseBenchOptions(words, process.env))) ? 0 : 1;
    console.log(usage);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

/**
 * Runs what is asked for, one after another; prints tables, and writes JSON where that is asked for. Times are this machine's: compare ratios.
 * A scenario that fails does not keep the next ones from running; false where one did.
 */
async function bench(options: BenchOptions): Promise<boolean> {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;
  console.log(`${machine}; ${options.api === 'real' ? 'a real kube-apiserver and registry' : 'the embedded API'}`);
  const results: Result[] = [];
  for (const scenario of options.asked) {
    results.push(await runScenario(scenario, options));
    const { api, quick } = options;
    if (options.jsonFile !== null)
      await writeFile(options.jsonFile, `${JSON.stringify({ machine, api, quick, results }, null, 2)}\n`);
  }
  const failed = results.filter(({ failures }) => failures.length > 0);
  console.log(`\n${results.length} scenarios${failed.length === 0 ? '' : `, of which ${failed.length} failed`}`);
  return failed.length === 0;
}

async function runScenario(scenario: Scenario, { api, quick, peer: hasPeer }: BenchOptions): Promise<Result> {
  const [loadBefore = 0] = loadavg();
  const start = performance.now();
  const failures: string[] = [];
  const run = (subject: SubjectName) => {
    console.error(`… ${scenario.name}, ${subject}`);
    return scenario.run({ api, quick, subject }).catch((error: unknown) => {
      failures.push(`${scenario.name}, ${subject}: ${error instanceof Error ? error.stack : error}`);
      return null;
    });
  };
  const ours = await run('tagalong');
  const peer = hasPeer && scenario.hasPeer ? await run('flux') : null;
  const [loadAfter = 0] = loadavg();
  const seconds = (performance.now() - start) / 1000;
  const load = `load average ${loadBefore.toFixed(1)} to ${loadAfter.toFixed(1)}`;
  console.log(`\n${scenario.name}: ${scenario.what} (${seconds.toFixed(0)} s; ${load})`);
  if (ours !== null) printMeasured(ours, peer);
  for (const failure of failures) console.log(`  failed: ${failure}`);
  const comparisons = ours === null ? [] : comparisonsOf(ours, peer);
  return { scenario: scenario.name, ours, peer, comparisons, failures, seconds, loadBefore, loadAfter };
}
