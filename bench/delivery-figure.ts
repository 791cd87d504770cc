import type { DeliveryStage, Verbs } from './delivery-stage.ts';
import { type Figure, figureOf } from './measure.ts';

export interface Measured {
  readonly figures: readonly Figure[];
  /** What stands below the table: requests by verb. */
  readonly notes: readonly string[];
}

/** Runs something a few times, with what it cost: time, the bot's CPU seconds, memory afterwards, and requests by verb. */
export async function measure(
  what: string,
  stage: DeliveryStage,
  { rounds, run }: { readonly rounds: number; readonly run: (round: number) => Promise<number> },
): Promise<Measured> {
  const before = { usage: await stage.usage(), verbs: await stage.verbs() };
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await run(round));
  const after = { usage: await stage.usage(), verbs: await stage.verbs() };
  const cpuMs = ((after.usage.cpuSeconds - before.usage.cpuSeconds) * 1000) / rounds;
  return {
    figures: [
      figureOf(what, times),
      figureOf(`${what}: CPU of the bot, each`, [cpuMs]),
      figureOf(`${what}: resident memory afterwards`, [after.usage.residentMiB], 'MiB'),
    ],
    notes: [`${what}: requests in ${rounds} rounds: ${describeVerbs(before.verbs, after.verbs)}`],
  };
}

export function describeVerbs(before: Verbs, after: Verbs): string {
  const counts = Object.entries(after).map(([verb, count]) => [verb, count - (before[verb] ?? 0)] as const);
  const seen = counts.filter(([, count]) => count > 0).map(([verb, count]) => `${count} ${verb}`);
  return seen.length === 0 ? 'none' : seen.join(', ');
}

export function join(parts: readonly Measured[]): Measured {
  return { figures: parts.flatMap(({ figures }) => figures), notes: parts.flatMap(({ notes }) => notes) };
}
