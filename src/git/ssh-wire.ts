import { GitError } from './error.ts';

/** Reads the binary format of ssh (RFC 4251, section 5): numbers and texts with their length in front. */
export class SshWire {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new GitError('BAD_SIGNATURE', 'an ssh key or signature is cut off');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  bytes(): Buffer {
    return this.take(this.number());
  }

  text(): string {
    return this.bytes().toString('latin1');
  }

  /** A positive whole number without leading zeros. */
  integer(): Buffer {
    const bytes = this.bytes();
    const start = bytes.findIndex((byte) => byte !== 0);
    return start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  }
}

/** A text as the format writes it. */
export function sshText(text: Buffer | string): Buffer {
  const bytes = Buffer.from(text as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
