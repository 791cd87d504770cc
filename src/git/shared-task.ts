import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortError } from './run-git.ts';

/** Runs tasks one after another. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }
}

/**
 * A task that concurrent callers share. Who asks before it begins is served by that run; who asks while it runs is served by the next
 * one, since what he knows may be newer than what this run saw. It is aborted when nobody waits for it any more.
 */
export class SharedTask {
  readonly #task: (signal: AbortSignal) => Promise<void>;
  readonly #turn: OneAtATime;
  #next: Round | null = null;

  constructor(turn: OneAtATime, task: (signal: AbortSignal) => Promise<void>) {
    this.#turn = turn;
    this.#task = task;
  }

  run(signal: AbortSignal | undefined, what: string): Promise<void> {
    if (signal?.aborted) return Promise.reject(abortError(signal, what));
    this.#next ??= this.#schedule();
    return this.#next.join(signal, what);
  }

  #schedule(): Round {
    const round: Round = new Round((signal) =>
      this.#turn.run(async () => {
        await nextTurn();
        if (this.#next === round) this.#next = null;
        signal.throwIfAborted();
        await this.#task(signal);
      }),
    );
    return round;
  }
}

class Round {
  readonly #controller = new AbortController();
  readonly #result: Promise<void>;
  #waiting = 0;

  constructor(start: (signal: AbortSignal) => Promise<void>) {
    this.#result = start(this.#controller.signal);
    this.#result.catch(() => {}); // whoever still waits hears of it
  }

  join(signal: AbortSignal | undefined, what: string): Promise<void> {
    this.#waiting += 1;
    if (signal === undefined) return this.#result;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting -= 1;
        reject(abortError(signal, what));
        if (this.#waiting === 0) this.#controller.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}
