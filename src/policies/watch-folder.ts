import { watch } from 'node:fs/promises';
import type { Clock } from '../core/index.ts';

/** Editors write a file in several steps; what follows within this time counts as one change. */
const settleMs = 200;

/** Calls `onChange` after files under `folder` changed and settled, until `signal` aborts. */
export async function watchFolder(folder: string, clock: Clock, onChange: () => void, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  try {
    for await (const _ of watch(folder, { recursive: true, signal })) {
      cancel();
      cancel = clock.schedule(settleMs, onChange);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    cancel();
  }
}
