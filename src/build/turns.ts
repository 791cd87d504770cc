import { setImmediate } from 'node:timers/promises';

const charactersAtOnce = 256 * 1024;

/** Lets everything else have its turn after each quarter of a megabyte: to be awaited with the length of what was just worked on. */
export function createTurns(): (characters: number) => Promise<void> {
  let since = 0;
  return async (characters) => {
    since += characters;
    if (since < charactersAtOnce) return;
    since = 0;
    await setImmediate();
  };
}
