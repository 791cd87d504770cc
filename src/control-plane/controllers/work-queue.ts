import type { Log } from '../../core/index.ts';

/** Runs small jobs one after another, soon but never within the write that asked for them. A job asked for twice runs once. */
export class WorkQueue {
  readonly #jobs = new Map<string, () => void | Promise<void>>();
  readonly #log: Log;
  #running = false;
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  add(key: string, job: () => void | Promise<void>): void {
    if (this.#stopped) return;
    this.#jobs.set(key, job);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#jobs.clear();
  }

  async #run(): Promise<void> {
    for (let next = this.#jobs.entries().next(); !next.done; next = this.#jobs.entries().next()) {
      const [key, job] = next.value;
      this.#jobs.delete(key);
      try {
        await job();
      } catch (error) {
        this.#log.warn('control plane job failed', { key, error: String(error) });
      }
    }
    this.#running = false;
  }
}
