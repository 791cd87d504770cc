import type { Counts } from './counts.ts';

/** One line of the table: what was measured, how often, and how it spread. Times in milliseconds. */
export interface Figure {
  readonly what: string;
  readonly n: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly cost?: Cost;
}

/** What the processes under test used for it, in all rounds together. */
export interface Cost {
  readonly cpuSeconds: number;
  /** Afterwards. */
  readonly residentMiB: number;
  /** Requests by verb. */
  readonly api: Counts;
  readonly registry: Counts;
}

export function figureOf(what: string, values: readonly number[], unit = 'ms', cost?: Cost): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
  const spread = { n: sorted.length, median, min: at(sorted, 0), max: at(sorted, sorted.length - 1) };
  return { what, ...spread, unit, ...(cost === undefined ? {} : { cost }) };
}

/** How long `run` takes. */
export async function timed(run: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
