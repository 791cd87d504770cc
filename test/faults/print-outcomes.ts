import type { Outcome } from './play-round.ts';

/** A line for each fault: rounds, failures, and how long it took to recover. */
export function printOutcomes(outcomes: readonly Outcome[]): void {
  const names = [...new Set(outcomes.map(({ fault }) => fault))];
  console.log(`\n${'fault'.padEnd(34)}rounds  failed  recovery s (median)  requests (median)`);
  for (const name of names) {
    const rounds = outcomes.filter(({ fault }) => fault === name);
    const failed = rounds.filter(({ failure }) => failure !== null).length;
    const recovery = median(rounds.map(({ recoveryMs }) => recoveryMs / 1000)).toFixed(1);
    const requests = median(rounds.map((round) => round.requests)).toFixed(0);
    const cells = [String(rounds.length).padStart(6), String(failed).padStart(7), recovery.padStart(20), requests.padStart(18)];
    console.log(`${name.padEnd(34)}${cells.join(' ')}`);
  }
  const failures = outcomes.filter(({ failure }) => failure !== null);
  console.log(`\n${outcomes.length - failures.length} rounds held, ${failures.length} failed`);
  for (const { fault, seed, failure, replay } of failures) console.log(`  ${fault}, seed ${seed}: ${failure}\n    ${replay}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
