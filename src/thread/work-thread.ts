import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock } from '../core/index.ts';

/** What a thread answered; `none` says in a sentence why there is no answer. */
export type ThreadAnswer<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'none'; readonly because: string };

export interface WorkThreadOptions {
  /** The program of the thread: `new URL('./worker.ts', import.meta.url)`. It calls `answerTasks`. */
  readonly program: URL;
  readonly clock: Clock;
  /** For one task. */
  readonly timeoutMs: number;
  /** How long an idle thread is kept. */
  readonly idleMs: number;
  readonly memory: ResourceLimits;
}

interface Asked<Answer> {
  readonly task: unknown;
  readonly settle: (answer: ThreadAnswer<Answer>) => void;
}

const shuttingDown = 'it was not done: shutting down';

/**
 * One thread that answers one task at a time, so that the event loop never waits for what others wrote. A task that takes too long, or
 * too much memory, ends the thread, and the next one starts anew. No thread runs before the first task, nor when nothing was asked for a
 * while.
 */
export class WorkThread<Task, Answer> {
  readonly #options: WorkThreadOptions;
  readonly #waiting: Asked<Answer>[] = [];
  #worker: Worker | null = null;
  #current: Asked<Answer> | null = null;
  #cancelTimer: () => void = () => {};
  #isReady = false;
  #isClosed = false;

  constructor(options: WorkThreadOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  ask(task: Task): Promise<ThreadAnswer<Answer>> {
    const { promise, resolve } = Promise.withResolvers<ThreadAnswer<Answer>>();
    if (this.#isClosed) return Promise.resolve({ kind: 'none', because: shuttingDown });
    this.#waiting.push({ task, settle: resolve });
    this.#next();
    return promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#waiting.splice(0)) settle({ kind: 'none', because: shuttingDown });
    this.#end(shuttingDown);
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

  // The time counts from here: starting a thread on a busy machine is not the task's fault.
  #send({ task }: Asked<Answer>): void {
    const { clock, timeoutMs } = this.#options;
    this.#cancelTimer = clock.schedule(timeoutMs, () => this.#end(`it took more than ${timeoutMs / 1000}s`));
    this.#worker?.postMessage(task);
  }

  #start(): Worker {
    const worker = new Worker(runnable(this.#options.program), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: this.#options.memory,
    });
    worker.unref();
    worker.on('message', (message: unknown) => this.#take(worker, message));
    worker.on('error', (error) => this.#lose(worker, `it ended its thread: ${error.message}`));
    worker.on('exit', () => this.#lose(worker, 'it ended its thread'));
    return worker;
  }

  #take(worker: Worker, message: unknown): void {
    if (worker !== this.#worker) return;
    if (this.#isReady) return this.#settle({ kind: 'answer', answer: message as Answer });
    this.#isReady = true;
    if (this.#current !== null) this.#send(this.#current);
  }

  #lose(worker: Worker, because: string): void {
    if (worker === this.#worker) this.#end(because);
  }

  #end(because: string): void {
    void this.#worker?.terminate();
    this.#worker = null;
    this.#isReady = false;
    this.#cancelTimer();
    if (this.#current !== null) this.#settle({ kind: 'none', because });
  }

  #settle(answer: ThreadAnswer<Answer>): void {
    const { clock, idleMs } = this.#options;
    const asked = this.#current;
    this.#current = null;
    this.#cancelTimer();
    this.#cancelTimer = clock.schedule(idleMs, () => this.#end(''));
    asked?.settle(answer);
    this.#next();
  }
}

/** Compiled, the programs of threads are JavaScript; run as they stand, they are TypeScript. */
function runnable(program: URL): URL {
  return import.meta.url.endsWith('.ts') ? program : new URL(program.href.replace(/\.ts$/, '.js'));
}
