import type { Room } from '../core/index.ts';
import type { WorkQueue } from './work-queue.ts';

/** While there is no room, what is due runs one at a time over all queues, whoever has waited longest first; with room, as each queue likes. */
export class Turns {
  readonly #room: Room;
  readonly #queues: WorkQueue[] = [];

  constructor(room: Room) {
    this.#room = room;
    room.subscribe((enough) => {
      if (enough) this.#next();
    });
  }

  join(queue: WorkQueue): void {
    this.#queues.push(queue);
  }

  mayStart(): boolean {
    return this.#room.isEnough() || this.#queues.every(({ running }) => running === 0);
  }

  /** A run has ended: the next one may be anybody's. */
  ended(): void {
    if (!this.#room.isEnough()) this.#next();
  }

  #next(): void {
    for (const queue of this.#queues.toSorted((a, b) => a.dueAt - b.dueAt)) queue.startDue();
  }
}
