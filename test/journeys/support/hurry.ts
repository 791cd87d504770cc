import type { Loop } from './start-loop.ts';

/** Lets time run fast (a third of a second each few milliseconds) until `work` is done: for waits that are none of the test's concern. */
export async function hurry<T>(loop: Pick<Loop, 'clock'>, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => loop.clock.skip(300), 15);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
