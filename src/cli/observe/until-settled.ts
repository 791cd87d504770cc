import type { Clock } from '../../core/index.ts';
import type { Engine } from '../../engine/index.ts';

const lookEveryMs = 100;
/** Longer than the engine waits before it looks again at an object whose status moved. */
const quietMs = 700;

/** Resolves when nothing runs and nothing is due in the next moment, twice in a row; or when `signal` aborts. */
export async function untilSettled(engine: Engine, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let quiet = 0; quiet < 2 && !signal.aborted; ) {
    await clock.sleep(lookEveryMs, signal).catch(() => {});
    quiet = engine.isIdle(quietMs) ? quiet + 1 : 0;
  }
}
