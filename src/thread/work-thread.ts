import { Worker } from 'node:worker_threads';
import type { Clock } from '../core/index.ts';
import type { ExpressionTask } from './task.ts';

interface Asked {
  readonly task: ExpressionTask;
  /** With the thread's answer, or with a sentence why there is none. */
  readonly settle: (answer: unknown) => void;
}

export interface ThreadOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly idleMs: number;
}

/** A few megabytes are plenty for the values of one object; more is an expression that builds something. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** One thread that answers one task at a time. A task that takes too long, or too much memory, ends the thread, and the next one starts anew. */
export class ExpressionThread {
  readonly #options: ThreadOptions;
  readonly #waiting: Asked[] = [];
  #worker: Worker | null = null;
  #current: Asked | null = null;
  #cancelTimer: () => void = () => {};
  #isReady = false;
  #isClosed = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  ask(task: ExpressionTask): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    if (this.#isClosed) return Promise.resolve('it was not evaluated: shutting down');
    this.#waiting.push({ task, settle: resolve });
    this.#next();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#waiting.splice(0)) settle('it was not evaluated: shutting down');
    this.#end('it was not evaluated: shutting down');
  }

  #next(): void {
    if (this.#current !== null) return;
    const asked = this.#waiting.shift();
    if (asked === undefined) return;
    this.#current = asked;
    this.#cancelTimer();
    this.#worker ??= this.#start();
    if (this.#isReady) this.#send(asked);
  }

  // The time counts from here: starting a thread on a busy machine is not the expression's fault.
  #send({ task }: Asked): void {
    const { clock, timeoutMs } = this.#options;
    this.#cancelTimer = clock.schedule(timeoutMs, () => this.#end(`it took more than ${timeoutMs / 1000}s`));
    this.#worker?.postMessage(task);
  }

  #start(): Worker {
    // Compiled, this file and the thread's are JavaScript; run as they stand, they are TypeScript.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits,
    });
    worker.unref();
    worker.on('message', (message: unknown) => this.#take(worker, message));
    worker.on('error', (error) => this.#lose(worker, `it ended its thread: ${error.message}`));
    worker.on('exit', () => this.#lose(worker, 'it ended its thread'));
    return worker;
  }

  #take(worker: Worker, message: unknown): void {
    if (worker !== this.#worker) return;
    if (!this.#isReady) {
      this.#isReady = true;
      if (this.#current !== null) this.#send(this.#current);
      return;
    }
    this.#settle(message);
  }

  #lose(worker: Worker, because: string): void {
    if (worker === this.#worker) this.#end(because);
  }

  #end(because: string): void {
    void this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    this.#cancelTimer();
    if (this.#current !== null) this.#settle(because);
  }

  #settle(answer: unknown): void {
    const { clock, idleMs } = this.#options;
    const asked = this.#current;
    this.#current = null;
    this.#cancelTimer();
    this.#cancelTimer = clock.schedule(idleMs, () => this.#end(''));
    asked?.settle(answer);
    this.#next();
  }
}
