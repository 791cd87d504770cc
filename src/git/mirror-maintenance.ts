import { errorMessage, type Log } from '../core/index.ts';
import { measurePacks, planMaintenance, runMaintenance, sum } from './maintain-mirror.ts';
import type { Repository } from './run-git.ts';
import type { OneAtATime } from './shared-task.ts';

/** Keeps a mirror's files in order in the background: at most one run at a time, and never in the way of a fetch for long. */
export class MirrorMaintenance {
  readonly #repository: Repository;
  readonly #turn: OneAtATime;
  readonly #log: Log;
  #running: { readonly ended: Promise<void>; readonly stop: AbortController } | null = null;
  #closed = false;
  #graphedBytes = 0;
  #collectedBytes: number | null = null;
  #changes = 0;
  #changesInAll = 0;

  constructor(repository: Repository, turn: OneAtATime, log: Log) {
    this.#repository = repository;
    this.#turn = turn;
    this.#log = log;
  }

  /** A fetch brought something: looks whether it is time. */
  noteChange(): void {
    this.#changes += 1;
    this.#changesInAll += 1;
    if (this.#running !== null || this.#closed) return;
    const stop = new AbortController();
    const ended = this.#maintain(stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted)
          this.#log.warn('git mirror maintenance failed', { folder: this.#repository.folder, error: errorMessage(error) });
      })
      .finally(() => {
        this.#running = null;
      });
    this.#running = { ended, stop };
  }

  /** Ends what runs. It is not waited for: it may be waiting for the turn that the caller has. */
  stop(): void {
    this.#running?.stop.abort();
    this.#graphedBytes = 0;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.stop();
    await this.#running?.ended;
  }

  async #maintain(signal: AbortSignal): Promise<void> {
    const packs = await measurePacks(this.#repository);
    this.#collectedBytes ??= sum(packs);
    const state = { graphedBytes: this.#graphedBytes, changes: this.#changes, collectedBytes: this.#collectedBytes };
    const commands = planMaintenance(state, packs, this.#changesInAll);
    if (commands.length === 0) return;
    this.#changes = 0;
    const isCollection = commands.some(([name]) => name === 'prune');
    if (isCollection) this.#changesInAll = 0;
    // Refs are locked by it for a moment, so it takes its turn; the rest may take long and goes on beside fetches and pushes.
    await this.#turn.run(() => runMaintenance(this.#repository, [['pack-refs', '--all', '--prune']], signal));
    await runMaintenance(this.#repository, commands, signal);
    this.#graphedBytes = sum(await measurePacks(this.#repository));
    if (isCollection) this.#collectedBytes = this.#graphedBytes;
  }
}
