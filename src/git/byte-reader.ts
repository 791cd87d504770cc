import type { Readable } from 'node:stream';

/** Reads a process's output piece by piece: up to a separator, or one byte ahead. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** The bytes before the next separator, which is dropped; null at the end of the output (an unfinished piece is dropped too). */
  async readUntil(separator: number): Promise<Buffer | null> {
    let searched = 0;
    while (true) {
      const end = this.#buffer.indexOf(separator, searched);
      if (end >= 0) return this.#take(end);
      searched = this.#buffer.length;
      if (!(await this.#more())) return null;
    }
  }

  /** The next byte, which stays; null at the end. */
  async peek(): Promise<number | null> {
    while (this.#buffer.length === 0) if (!(await this.#more())) return null;
    return this.#buffer[0] ?? null;
  }

  #take(end: number): Buffer {
    const piece = this.#buffer.subarray(0, end);
    this.#buffer = this.#buffer.subarray(end + 1);
    return piece;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value]);
    return true;
  }
}
