import { rename, writeFile } from 'node:fs/promises';
import { type Clock, formatTime } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';
import { cleanText } from '../clean-text.ts';
import { describeFileError } from '../describe-file-error.ts';
import { CliError } from '../error.ts';
import { exitCode } from '../exit-code.ts';
import type { RunOptions } from '../run/run-options.ts';
import type { ObservationBook, ObservedObject } from './observation-book.ts';
import { nameOfObserved, type ObserveReport, renderReport, summarise } from './report.ts';
import { untilSettled } from './until-settled.ts';

export interface Observing {
  readonly options: Pick<RunOptions, 'once' | 'output' | 'observeReport'>;
  readonly engine: Engine;
  readonly book: ObservationBook;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const roundsApartMs = 1000;

/** Prints a report each time that something else came out, and one at the end, which `signal` or `--once` brings. */
export async function observe(observing: Observing): Promise<void> {
  const { options, engine, clock, signal } = observing;
  const reporter = new Reporter(observing);
  while (!signal.aborted) {
    await untilSettled(engine, clock, signal);
    if (signal.aborted) break;
    await reporter.tellNews();
    if (options.once === true) break;
    await clock.sleep(roundsApartMs, signal).catch(() => {});
  }
  const { summary } = await reporter.tellEnd();
  if (options.once === true && summary.differing + summary.waiting > 0) process.exitCode = exitCode.failed;
}

class Reporter {
  readonly #observing: Observing;
  readonly #differed = new Set<string>();
  #round = 0;
  #told = '';

  constructor(observing: Observing) {
    this.#observing = observing;
  }

  async tellNews(): Promise<void> {
    const { seen } = this.#observing.book.objects(this.#observing.engine);
    const news = JSON.stringify(seen.map(newsOf));
    if (news === this.#told) return;
    this.#told = news;
    this.#round += 1;
    for (const object of seen) if (object.differences.length > 0) this.#differed.add(nameOfObserved(object));
    await this.#tell(false);
  }

  tellEnd(): Promise<ObserveReport> {
    return this.#tell(true);
  }

  async #tell(final: boolean): Promise<ObserveReport> {
    const { book, engine, clock, options } = this.#observing;
    const { seen, waiting } = book.objects(engine);
    const report: ObserveReport = {
      ...{ round: this.#round, at: formatTime(clock.now()), final, summary: summarise(seen, waiting), objects: seen },
      ...{ unread: engine.unread(), everDiffered: [...this.#differed].toSorted() },
    };
    const text = options.output === 'json' ? JSON.stringify(report) : renderReport(report);
    process.stdout.write(`${cleanText(text)}\n`);
    if (options.observeReport !== undefined) await keepReport(options.observeReport, report);
    return report;
  }
}

/** The plan's sentence moves with time; it is no news by itself. */
function newsOf({ plan: _, ...object }: ObservedObject): unknown {
  return object;
}

/** Whoever reads the file sees a whole report. */
async function keepReport(file: string, report: ObserveReport): Promise<void> {
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(report, null, 2)}\n`);
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new CliError('FAILED', `--observe-report ${file}: ${describeFileError(error)}`);
  }
}
