import { getHeapStatistics } from 'node:v8';
import type { Clock, Instant, Log, Room } from '../../core/index.ts';

/** What this process has, and may have. */
export interface MemoryUse {
  readonly heapBytes: number;
  /** Of what lasts. */
  readonly heapLimitBytes: number;
  readonly residentBytes: number;
  /** Of the container; Infinity where there is none. */
  readonly limitBytes: number;
}

export interface MemoryWatch extends Room, Disposable {}

interface MemoryWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Collects garbage, of which nobody can say how much there is. */
  readonly collect: () => void;
  readonly read?: () => MemoryUse;
}

const lookEveryMs = 1000;
const shortAt = 0.8;
const enoughAt = 0.65;
/** So much is short whatever of it may be garbage. */
const surelyShortAt = 0.9;
/** A full collection stops everything for a while. */
const collectEveryMs = 10_000;

/**
 * Looks each second how near the limits of the heap and of the container are, and says so before either of them ends the process. What
 * counts is what is left after the garbage is gone.
 */
export function watchMemory({ clock, log, collect, read = readMemoryUse }: MemoryWatchOptions): MemoryWatch {
  const listeners: ((enough: boolean) => void)[] = [];
  let enough = true;
  let collectedAt: Instant = Number.NEGATIVE_INFINITY;
  const turn = (isEnough: boolean, use: MemoryUse) => {
    enough = isEnough;
    if (isEnough) log.info('memory is enough again', inMebibytes(use));
    else log.warn('memory is short: objects run one at a time, and caches are let go', inMebibytes(use));
    for (const listener of listeners) listener(isEnough);
  };
  const readClean = () => {
    if (clock.now() - collectedAt < collectEveryMs) return null;
    collect();
    collectedAt = clock.now();
    return read();
  };
  const look = () => {
    const use = read();
    if (enough && shareOf(use) >= shortAt) {
      const clean = readClean();
      if (shareOf(clean ?? use) >= (clean === null ? surelyShortAt : shortAt)) turn(false, clean ?? use);
    } else if (!enough) {
      const known = shareOf(use) <= enoughAt ? use : readClean();
      if (known !== null && shareOf(known) <= enoughAt) turn(true, known);
    }
    cancel = clock.schedule(lookEveryMs, look);
  };
  let cancel = clock.schedule(lookEveryMs, look);
  return {
    isEnough: () => enough,
    subscribe: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => cancel(),
  };
}

/** The nearer of the two limits counts. */
function shareOf({ heapBytes, heapLimitBytes, residentBytes, limitBytes }: MemoryUse): number {
  return Math.max(heapBytes / heapLimitBytes, residentBytes / limitBytes);
}

function readMemoryUse(): MemoryUse {
  const { used_heap_size: heapBytes, heap_size_limit: wholeBytes } = getHeapStatistics();
  const heapLimitBytes = Math.max(wholeBytes - youngLimitBytes(), wholeBytes / 3);
  return { heapBytes, heapLimitBytes, residentBytes: process.memoryUsage.rss(), limitBytes: containerLimitBytes() };
}

/** V8 counts its young generation, three half spaces, into the limit; what lasts has the rest, and that is what runs out. */
function youngLimitBytes(): number {
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  const halfMebibytes = /--max[-_]semi[-_]space[-_]size=(\d+)/.exec(flags)?.[1] ?? '64';
  return 3 * Number(halfMebibytes) * 2 ** 20;
}

/** Without a limit, the kernel has a number that no machine reaches, or none. */
function containerLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < 2 ** 50 ? limit : Number.POSITIVE_INFINITY;
}

function inMebibytes({ heapBytes, heapLimitBytes, residentBytes, limitBytes }: MemoryUse): Record<string, number> {
  const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  return {
    heapMiB: mebibytes(heapBytes),
    heapLimitMiB: mebibytes(heapLimitBytes),
    residentMiB: mebibytes(residentBytes),
    ...(Number.isFinite(limitBytes) ? { limitMiB: mebibytes(limitBytes) } : {}),
  };
}
