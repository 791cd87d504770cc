import type { Sample } from './soak-samples.ts';

/** One thing that must not grow, as it was found. */
export interface Judgement {
  readonly what: string;
  /** The least, in the first and in the last quarter of the second half. */
  readonly before: number;
  readonly after: number;
  readonly slopePerMinute: number;
  /** By how much it grew over the second half, by its slope. */
  readonly growth: number;
  /** By how much it may. */
  readonly tolerance: number;
  readonly holds: boolean;
}

interface Rule {
  readonly what: string;
  read(sample: Sample): number;
  /** The larger of a share of the level and an amount. */
  readonly share: number;
  readonly amount: number;
}

const rules: readonly Rule[] = [
  { what: 'resident MiB', read: ({ residentMiB }) => residentMiB, share: 0.1, amount: 16 },
  { what: 'file handles', read: ({ handles }) => handles, share: 0.1, amount: 4 },
  { what: 'requests a bump', read: ({ requestsPerBump }) => requestsPerBump, share: 0.25, amount: 5 },
];

/** Objects that a run of the maintenance is waited for, and packs that are put together; see src/git/maintain-mirror.ts. */
const mostLoose = 1_500;
const mostPacks = 40;

/**
 * The first half is warming up. In the second, the floor of what sways (garbage that is not collected yet, processes that are just
 * running) is followed: the least of each of eight windows, and a straight line through them. `warmingMiB` is allowed beside the rest
 * where the run is too short to have warmed up.
 */
export function judge(samples: readonly Sample[], warmingMiB = 0): Judgement[] {
  const half = samples.slice(Math.floor(samples.length / 2));
  const minutes = ((half.at(-1)?.atMs ?? 0) - (half[0]?.atMs ?? 0)) / 60_000;
  const slopes = rules.map(({ what, read, share, amount }) => {
    const floors = floorsOf(half, read);
    const slopePerMinute = slope(floors);
    const before = floors[0]?.value ?? 0;
    const growth = slopePerMinute * minutes;
    const tolerance = Math.max(share * before, amount) + (what === 'resident MiB' ? warmingMiB : 0);
    return { what, before, after: floors.at(-1)?.value ?? 0, slopePerMinute, growth, tolerance, holds: growth <= tolerance };
  });
  return [
    ...slopes,
    most('loose objects', half, ({ looseObjects }) => looseObjects, mostLoose),
    most('packs', half, ({ packs }) => packs, mostPacks),
  ];
}

/** Something that goes up and down by itself, up to a bound. */
function most(what: string, half: readonly Sample[], read: (sample: Sample) => number, tolerance: number): Judgement {
  const values = half.map(read);
  const growth = Math.max(...values);
  return {
    what: `${what} at most`,
    before: values[0] ?? 0,
    after: values.at(-1) ?? 0,
    slopePerMinute: 0,
    growth,
    tolerance,
    holds: growth <= tolerance,
  };
}

interface Point {
  readonly minute: number;
  readonly value: number;
}

const windows = 8;

function floorsOf(samples: readonly Sample[], read: (sample: Sample) => number): Point[] {
  const size = Math.max(1, Math.floor(samples.length / windows));
  const starts = Array.from({ length: Math.min(windows, samples.length) }, (_, index) => index * size);
  return starts.map((start) => {
    const some = samples.slice(start, start + size);
    return { minute: (some[0]?.atMs ?? 0) / 60_000, value: Math.min(...some.map(read)) };
  });
}

/** Least squares, for each minute. */
function slope(points: readonly Point[]): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(numbers.length, 1);
  const [middle, level] = [mean(points.map(({ minute }) => minute)), mean(points.map(({ value }) => value))];
  const above = points.reduce((sum, { minute, value }) => sum + (minute - middle) * (value - level), 0);
  const below = points.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
