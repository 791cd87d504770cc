import type { Growth } from './growth.ts';
import type { Figure } from './measure.ts';
import { describeCost, type Measured } from './scenario.ts';

/** One scenario as a table, with the peer's median and how many times ours it is where there is one. */
export function printMeasured(ours: Measured, peer: Measured | null): void {
  const width = Math.max(...ours.figures.map(({ what }) => what.length));
  const peerHead = peer === null ? '' : `${'Flux'.padStart(11)} ${'ratio'.padStart(7)}`;
  console.log(`${'what'.padEnd(width)}     n     median        min        max      CPU s  MiB${peerHead}`);
  for (const figure of ours.figures) console.log(describeRow(figure, width, peer));
  for (const growth of ours.growth ?? []) console.log(describeGrowth(growth));
  for (const figure of ours.figures) printNote(describeCost(figure));
  for (const figure of peer?.figures ?? []) {
    const cost = describeCost(figure);
    printNote(
      cost === null
        ? null
        : `Flux: ${cost}; ${figure.cost?.cpuSeconds.toFixed(2)} CPU s, ${figure.cost?.residentMiB.toFixed(0)} MiB`,
    );
  }
  for (const note of ours.notes ?? []) printNote(note);
}

function describeRow({ what, n, median, min, max, unit, cost }: Figure, width: number, peer: Measured | null): string {
  const cells = [median, min, max].map((value) => format(value).padStart(10));
  const costs =
    cost === undefined ? ''.padStart(12) : `${cost.cpuSeconds.toFixed(2).padStart(7)}${cost.residentMiB.toFixed(0).padStart(5)}`;
  const other = peer?.figures.find((figure) => figure.what === what);
  const compared =
    other === undefined ? '' : ` ${format(other.median).padStart(10)} ${`${(other.median / median).toFixed(1)}×`.padStart(7)}`;
  return `${what.padEnd(width)}  ${String(n).padStart(4)} ${cells.join(' ')} ${unit.padEnd(3)}${costs}${compared}`;
}

function describeGrowth({ what, points, exponent }: Growth): string {
  const sizes = points.map(({ size, median }) => `${size}: ${format(median)}`).join(', ');
  return `growth of ${what}: size^${exponent.toFixed(2)} (${sizes})`;
}

function printNote(note: string | null): void {
  if (note !== null) console.log(`  ${note}`);
}

function format(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
