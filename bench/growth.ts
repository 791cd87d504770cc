import type { Figure } from './measure.ts';

/** How a cost grows with a size: it is about proportional to size^exponent. */
export interface Growth {
  readonly what: string;
  readonly points: readonly { readonly size: number; readonly median: number }[];
  /** The slope of the least squares through the logarithms; 1 is in proportion, 0 not at all. */
  readonly exponent: number;
}

/** From the figures of one scenario at several sizes, in the order of these. */
export function growthThrough(what: string, sizes: readonly number[], figures: readonly Figure[]): Growth {
  const points = sizes.map((size, index) => ({ size, median: figures[index]?.median ?? Number.NaN }));
  return { what, points, exponent: slopeOf(points.map(({ size, median }) => [Math.log(size), Math.log(median)])) };
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const together = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return together / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
