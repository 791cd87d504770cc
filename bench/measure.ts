/** One line of the table: what was measured, how often, and how it spread. Times in milliseconds. */
export interface Figure {
  readonly what: string;
  readonly n: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

export function figureOf(what: string, values: readonly number[], unit = 'ms'): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
  return { what, n: sorted.length, median, min: at(sorted, 0), max: at(sorted, sorted.length - 1), unit };
}

/** How long `run` takes. */
export async function timed(run: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

export function printFigures(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ what }) => what.length));
  console.log(`${'what'.padEnd(width)}     n     median        min        max`);
  for (const { what, n, median, min, max, unit } of figures) {
    const cells = [median, min, max].map((value) => value.toFixed(value < 10 ? 2 : 0).padStart(10));
    console.log(`${what.padEnd(width)}  ${String(n).padStart(4)} ${cells.join(' ')} ${unit}`);
  }
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
