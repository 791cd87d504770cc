import { describeCounts, growthOf } from './counts.ts';
import type { Growth } from './growth.ts';
import { type Cost, type Figure, figureOf } from './measure.ts';
import type { Stage, StageChoice } from './stage.ts';
import { readUsage } from './usage.ts';

export interface Measured {
  readonly figures: readonly Figure[];
  readonly growth?: readonly Growth[];
  /** What stands below the table. */
  readonly notes?: readonly string[];
}

export interface Setting extends StageChoice {
  /** Smaller sizes and fewer rounds. */
  readonly quick: boolean;
}

export interface Scenario {
  readonly name: string;
  /** One line for `--help`. */
  readonly what: string;
  /** Whether Flux's controllers can do the same. */
  readonly hasPeer?: boolean;
  /** Left out of `--quick`. */
  readonly isLong?: boolean;
  run(setting: Setting): Promise<Measured>;
}

/** Runs something a few times, with what it cost: time, CPU seconds, memory afterwards, and requests by verb. */
export async function measure(
  what: string,
  stage: Stage,
  { rounds, run }: { readonly rounds: number; readonly run: (round: number) => Promise<number> },
): Promise<Measured> {
  const costs = await startCosting(stage);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await run(round));
  return { figures: [figureOf(what, times, 'ms', await costs())] };
}

/** The same for what runs in this very process, with the git that it starts, and asks nobody. */
export async function startCostingHere(): Promise<() => Promise<Cost>> {
  const before = await readUsage([process.pid]);
  return async () => {
    const { cpuSeconds, residentMiB } = await readUsage([process.pid]);
    return { cpuSeconds: cpuSeconds - before.cpuSeconds, residentMiB, api: {}, registry: {} };
  };
}

/** Begins to count; what it returns tells the cost since then. */
export async function startCosting(stage: Stage): Promise<() => Promise<Cost>> {
  const before = { usage: await stage.usage(), api: await stage.apiRequests(), registry: stage.registry.requests() };
  return async () => {
    const [usage, api] = [await stage.usage(), await stage.apiRequests()];
    return {
      cpuSeconds: usage.cpuSeconds - before.usage.cpuSeconds,
      residentMiB: usage.residentMiB,
      api: growthOf(before.api, api),
      registry: growthOf(before.registry, stage.registry.requests()),
    };
  };
}

/** What the peer measured beside what we did. */
export interface Comparison {
  /** Ours. */
  readonly what: string;
  readonly peer: Figure;
  /** How many times ours the peer's median is; not finite where ours is 0. */
  readonly ratio: number;
  /** The same of the CPU seconds of one round, and of the memory; null where they were not counted. */
  readonly cpuRatio: number | null;
  readonly memoryRatio: number | null;
}

/** A figure of the peer belongs to ours of the same name, or to the one that its name begins with: the same under another setting of the peer's. */
export function comparisonsOf(ours: Measured, peer: Measured | null): readonly Comparison[] {
  return ours.figures.flatMap((our) =>
    (peer?.figures ?? [])
      .filter(({ what }) => what === our.what || what.startsWith(`${our.what}, `))
      .map((figure) => compare(our, figure)),
  );
}

function compare(ours: Figure, peer: Figure): Comparison {
  const ratioOf = (of: (figure: Figure, cost: Cost) => number) =>
    ours.cost === undefined || peer.cost === undefined ? null : of(peer, peer.cost) / of(ours, ours.cost);
  return {
    what: ours.what,
    peer,
    ratio: peer.median / ours.median,
    cpuRatio: ratioOf(({ n }, { cpuSeconds }) => cpuSeconds / n),
    memoryRatio: ratioOf((_, { residentMiB }) => residentMiB),
  };
}

export function describeCost({ what, n, cost }: Figure): string | null {
  if (cost === undefined) return null;
  const rounds = n === 1 ? 'once' : `${n} times`;
  return `${what}, ${rounds}: API ${describeCounts(cost.api)}; registry ${describeCounts(cost.registry)}`;
}

export function join(parts: readonly Measured[]): Measured {
  return {
    figures: parts.flatMap(({ figures }) => figures),
    growth: parts.flatMap(({ growth = [] }) => growth),
    notes: parts.flatMap(({ notes = [] }) => notes),
  };
}
