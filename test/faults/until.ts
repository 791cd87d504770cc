import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than it takes: no round may fail because the machine is busy. */
export const patienceMs = 180_000;

/** Looks until the answer is neither false nor nothing. */
export async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const endAt = Date.now() + patienceMs; ; await sleep(40)) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > endAt) throw new Error(`after ${patienceMs / 1000} s still waiting for ${what}`);
  }
}
