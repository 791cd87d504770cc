import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Log } from '../core/index.ts';

type CollectGarbage = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

interface ReleaseOptions {
  readonly isIdle: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly collect: () => void;
}

const lookEveryMs = 15_000;
const worthMiB = 48;

/**
 * Gives memory back after a storm. V8 grows its heap for the garbage of thousands of requests and hands little of it back by itself: ten
 * thousand objects that need 80 MiB would keep 500. So when nothing runs and the heap has grown, it is collected once; at rest never again.
 */
export function releaseMemoryWhenIdle({ isIdle, clock, log, collect }: ReleaseOptions): Disposable {
  let floor = heapMiB();
  let cancel = () => {};
  const look = () => {
    if (isIdle() && heapMiB() - floor > worthMiB) {
      const before = process.memoryUsage().rss;
      collect();
      floor = heapMiB();
      log.debug('memory given back', { mebibytes: Math.round((before - process.memoryUsage().rss) / 2 ** 20) });
    }
    cancel = clock.schedule(lookEveryMs, look);
  };
  cancel = clock.schedule(lookEveryMs, look);
  return { [Symbol.dispose]: () => cancel() };
}

/** Collects all garbage: what `--expose-gc` gives, without that everybody who starts the program has to know of it. */
export function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as CollectGarbage;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function heapMiB(): number {
  return process.memoryUsage().heapTotal / 2 ** 20;
}
