import { findCollector } from '../../../src/cli/release-memory.ts';
import { watchMemory } from '../../../src/cli/run/watch-memory.ts';
import { type Log, systemClock } from '../../../src/core/index.ts';

// A program that fills its heap until it is told that memory is short, lets go of it, and ends well when it is told that there is enough.
const say = (text: string) => process.stdout.write(`${text}\n`);
const log = { info: say, warn: say } as unknown as Log;
const held: number[][] = [];
const watch = watchMemory({ clock: systemClock, log, collect: findCollector() });
const filling = setInterval(() => {
  // A mebibyte a time: by itself it would reach the limit and be ended.
  held.push(Array.from({ length: 2 ** 17 }, (_, index) => index + 0.5));
}, 100);
const staying = setInterval(() => {}, 60_000);
watch.subscribe((enough) => {
  clearInterval(filling);
  held.length = 0;
  if (!enough) return;
  watch[Symbol.dispose]();
  clearInterval(staying);
});
