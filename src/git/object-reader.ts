import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import { endGroup } from '../child/index.ts';
import type { Commit, Oid } from '../core/index.ts';
import { checkOid } from './check-name.ts';
import { GitError } from './error.ts';
import { parseCommit, parseTree, type RawTreeEntry } from './parse-objects.ts';
import { describeStartFailure, type Repository, startGit } from './run-git.ts';

export interface GitObject {
  readonly type: string;
  readonly size: number;
  /** Null when the object is larger than the reader's limit. */
  readonly bytes: Buffer | null;
}

interface Request {
  readonly oid: Oid;
  resolve(object: GitObject | null): void;
  reject(error: unknown): void;
}

interface Body {
  readonly type: string;
  readonly size: number;
  readonly kept: Buffer[] | null;
  remaining: number;
}

const idleMs = 30_000;

/**
 * Reads objects through one long-lived `git cat-file --batch`: started on first use, again after it failed, ended when nobody
 * asked for half a minute. While it waits it does not keep this process alive.
 */
export class ObjectReader {
  readonly #repository: Repository;
  readonly #maxBytes: number;
  #batch: Batch | null = null;

  constructor(repository: Repository, maxBytes: number) {
    this.#repository = repository;
    this.#maxBytes = maxBytes;
  }

  /** The object, or null when the mirror lacks it. */
  async read(oid: Oid): Promise<GitObject | null> {
    checkOid(oid);
    try {
      return await this.#current().request(oid);
    } catch (error) {
      if (!(error instanceof BatchEnded)) throw error;
      // It was killed, or ended as idle just now: a new one answers. If that ends too, the object is what kills it.
      return this.#current()
        .request(oid)
        .catch((again: unknown) => {
          throw new GitError('CORRUPT_MIRROR', `reading object ${oid}: git cat-file ended without an answer`, { cause: again });
        });
    }
  }

  async blob(oid: Oid): Promise<Buffer> {
    return bytesOf(oid, await this.#typed(oid, 'blob'), this.#maxBytes);
  }

  async commit(oid: Oid): Promise<Commit> {
    return parseCommit(oid, bytesOf(oid, await this.#typed(oid, 'commit'), this.#maxBytes));
  }

  async tree(oid: Oid): Promise<RawTreeEntry[]> {
    return parseTree(bytesOf(oid, await this.#typed(oid, 'tree'), this.#maxBytes));
  }

  close(): void {
    this.#batch?.end();
    this.#batch = null;
  }

  async #typed(oid: Oid, type: string): Promise<GitObject> {
    const object = await this.read(oid);
    if (object === null) throw new GitError('OBJECT_NOT_FOUND', `${type} ${oid} is not in the mirror`);
    if (object.type !== type) throw new GitError('OBJECT_NOT_FOUND', `object ${oid} is a ${object.type}, not a ${type}`);
    return object;
  }

  #current(): Batch {
    if (this.#batch === null || this.#batch.ended) this.#batch = new Batch(this.#repository, this.#maxBytes);
    return this.#batch;
  }
}

function bytesOf(oid: Oid, { type, size, bytes }: GitObject, maxBytes: number): Buffer {
  if (bytes !== null) return bytes;
  throw new GitError('TOO_LARGE', `${type} ${oid} has ${size} bytes, more than the limit of ${maxBytes}`);
}

class BatchEnded extends Error {}

/** One `cat-file --batch` process: requests go in, answers come out in their order. */
class Batch {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #maxBytes: number;
  readonly #waiting: Request[] = [];
  #header: Buffer = Buffer.alloc(0);
  #body: Body | null = null;
  #idle: NodeJS.Timeout | undefined;
  ended = false;

  constructor(repository: Repository, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#child = startGit(repository, ['cat-file', '--batch']);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#accept(chunk));
    this.#child.stderr.resume();
    this.#child.on('error', (cause) => this.#fail(describeStartFailure(repository, cause)));
    this.#child.on('close', () => this.#fail(new BatchEnded('git cat-file ended')));
    this.#rest();
  }

  request(oid: Oid): Promise<GitObject | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ oid, resolve, reject });
      if (this.#waiting.length === 1) this.#wake();
      this.#child.stdin.write(`${oid}\n`);
    });
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.#idle);
    this.#child.stdin.end();
    if (this.#waiting.length > 0) endGroup(this.#child);
  }

  #accept(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#body === null ? this.#readHeader(rest) : this.#readBody(this.#body, rest);
  }

  #readHeader(chunk: Buffer): Buffer {
    const end = chunk.indexOf(0x0a);
    this.#header = Buffer.concat([this.#header, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (end < 0) return Buffer.alloc(0);
    const [, type = '', size = ''] = this.#header.toString('latin1').split(' ');
    this.#header = Buffer.alloc(0);
    if (type === 'missing') this.#answer(null);
    else this.#body = { type, size: Number(size), kept: Number(size) > this.#maxBytes ? null : [], remaining: Number(size) + 1 };
    return chunk.subarray(end + 1);
  }

  #readBody(body: Body, chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, body.remaining);
    body.kept?.push(taken);
    body.remaining -= taken.length;
    if (body.remaining === 0) {
      this.#body = null;
      const bytes = body.kept === null ? null : Buffer.concat(body.kept).subarray(0, body.size);
      this.#answer({ type: body.type, size: body.size, bytes });
    }
    return chunk.subarray(taken.length);
  }

  #answer(object: GitObject | null): void {
    this.#waiting.shift()?.resolve(object);
    if (this.#waiting.length === 0) this.#rest();
  }

  #fail(error: unknown): void {
    this.ended = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #wake(): void {
    clearTimeout(this.#idle);
    for (const part of this.#parts()) part.ref();
  }

  #rest(): void {
    this.#idle = setTimeout(() => this.end(), idleMs);
    this.#idle.unref();
    for (const part of this.#parts()) part.unref();
  }

  #parts(): { ref(): unknown; unref(): unknown }[] {
    const { stdin, stdout, stderr } = this.#child;
    return [this.#child, stdin as unknown as Socket, stdout as unknown as Socket, stderr as unknown as Socket]; // pipes are sockets in Node
  }
}
