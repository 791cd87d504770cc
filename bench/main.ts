import { cpus } from 'node:os';
import { benchChoosing } from './choosing.ts';
import { benchDelivery } from './delivery.ts';
import { benchDrift, benchLoop } from './looping.ts';
import { type Figure, printFigures } from './measure.ts';
import { benchScanning } from './scanning.ts';

/** `npm run bench [-- --quick]`: prints a table; the last line is the same as JSON. Times are this machine's: compare ratios. `npm run bench -- delivery` rolls out instead, `-- scanning` scans registries. */
if (process.argv.includes('delivery')) {
  await benchDelivery(process.argv);
  process.exit();
}
if (process.argv.includes('scanning')) {
  printFigures(await benchScanning());
  process.exit();
}
const sizes = process.argv.includes('--quick') ? [0, 1_000] : [0, 1_000, 10_000];
const figures: Figure[] = [...(await benchChoosing()), ...(await benchDrift())];
for (const files of sizes) figures.push(...(await benchLoop(files)));
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}\n`);
printFigures(figures);
console.log(`\n${JSON.stringify(figures)}`);
