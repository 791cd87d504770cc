import type { GitMirror, HistoryStep, Oid } from '../core/index.ts';
import { createBoundedCache } from './bounded-cache.ts';

/** The history of one path from a commit, newest first; asked again, it is not walked again. */
export type ReadHistory = (from: Oid, path: string) => AsyncIterable<HistoryStep>;

interface Walked {
  readonly steps: HistoryStep[];
  complete: boolean;
}

const maxWalks = 64;

/** Several markers of one file share a walk, as far as it went; a walk that was broken off is taken up behind what is known. */
export function createHistoryReader(mirror: Pick<GitMirror, 'history'>): ReadHistory {
  const walks = createBoundedCache<Walked>(maxWalks);
  return async function* readHistory(from, path) {
    const key = `${from} ${path}`;
    const walked = walks.get(key) ?? { steps: [], complete: false };
    walks.set(key, walked);
    let position = 0;
    for (const step of walked.steps) {
      position++;
      yield step;
    }
    if (!walked.complete) yield* walkOn(mirror.history(from, [path]), walked, position);
  };
}

async function* walkOn(history: AsyncIterable<HistoryStep>, walked: Walked, known: number): AsyncIterable<HistoryStep> {
  let position = 0;
  for await (const step of history) {
    // Two readers may walk at once: whoever comes first to a step notes it.
    if (position === walked.steps.length) walked.steps.push(step);
    position++;
    if (position > known) yield step;
  }
  walked.complete = true;
}
