import type { Growth } from './growth.ts';
import type { Figure } from './measure.ts';
import { type Comparison, comparisonsOf, describeCost, type Measured } from './scenario.ts';

/** One scenario as a table; where there is a peer its row stands below ours, with how many times ours its median, CPU and memory are. */
export function printMeasured(ours: Measured, peer: Measured | null): void {
  const width = Math.max(...[...ours.figures, ...(peer?.figures ?? [])].map(({ what }) => what.length + indent.length));
  console.log(
    `${'what'.padEnd(width)}     n     median        min        max        CPU s   MiB${peer === null ? '' : '   ratio   of CPU  of MiB'}`,
  );
  for (const row of rowsOf(ours, peer)) console.log(describeRow(row, width));
  for (const growth of ours.growth ?? []) console.log(describeGrowth('', growth));
  for (const growth of peer?.growth ?? []) console.log(describeGrowth('Flux: ', growth));
  for (const figure of ours.figures) printNote('', describeCost(figure));
  for (const figure of peer?.figures ?? []) printNote('Flux: ', describeCost(figure));
  for (const note of ours.notes ?? []) printNote('', note);
  for (const note of peer?.notes ?? []) printNote('Flux: ', note);
}

interface Row {
  readonly label: string;
  readonly figure: Figure;
  readonly comparison?: Comparison;
}

const indent = '    Flux: ';

function rowsOf(ours: Measured, peer: Measured | null): readonly Row[] {
  const compared = comparisonsOf(ours, peer);
  return ours.figures.flatMap((figure) => [
    { label: figure.what, figure },
    ...compared.filter(({ what }) => what === figure.what).map((comparison) => peerRowOf(comparison)),
  ]);
}

function peerRowOf(comparison: Comparison): Row {
  const { what, peer } = comparison;
  return { label: `${indent}${peer.what === what ? 'the same' : peer.what}`, figure: peer, comparison };
}

function describeRow({ label, figure: { n, median, min, max, unit, cost }, comparison }: Row, width: number): string {
  const cells = [median, min, max].map((value) => format(value).padStart(10));
  const costs =
    cost === undefined ? ''.padStart(14) : `${cost.cpuSeconds.toFixed(2).padStart(8)}${cost.residentMiB.toFixed(0).padStart(6)}`;
  return `${label.padEnd(width)}  ${String(n).padStart(4)} ${cells.join(' ')} ${unit.padEnd(3)}${costs}${describeRatios(comparison)}`;
}

function describeRatios(comparison: Comparison | undefined): string {
  if (comparison === undefined) return '';
  const { ratio, cpuRatio, memoryRatio } = comparison;
  return [ratio, cpuRatio, memoryRatio].map((value) => describeRatio(value).padStart(8)).join(' ');
}

function describeRatio(ratio: number | null): string {
  return ratio === null || !Number.isFinite(ratio) ? '' : `${ratio.toFixed(ratio < 10 ? 1 : 0)}×`;
}

function describeGrowth(whose: string, { what, points, exponent }: Growth): string {
  const sizes = points.map(({ size, median }) => `${size}: ${format(median)}`).join(', ');
  return `${whose}growth of ${what}: size^${exponent.toFixed(2)} (${sizes})`;
}

function printNote(whose: string, note: string | null): void {
  if (note !== null) console.log(`  ${whose}${note}`);
}

function format(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
