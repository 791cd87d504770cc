import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { endGroup } from '../child/index.ts';
import type { Oid } from '../core/index.ts';
import { ByteReader } from './byte-reader.ts';
import { GitError } from './error.ts';
import type { RawTreeEntry } from './parse-objects.ts';
import { type Repository, startGit } from './run-git.ts';

export type TreeRow = RawTreeEntry;

/** Writes tree objects through one `git mktree --batch`, one after another. */
export class TreeWriter implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: ByteReader;
  #stderr = '';

  constructor(repository: Repository) {
    // `--missing`: looking up every untouched entry would cost as much as the folder is large.
    this.#child = startGit(repository, ['mktree', '-z', '--missing', '--batch']);
    this.#child.on('error', () => {});
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000);
    });
    this.#lines = new ByteReader(this.#child.stdout);
  }

  async write(rows: readonly TreeRow[]): Promise<Oid> {
    const records = rows.map(({ mode, name, oid }) =>
      Buffer.concat([Buffer.from(`${mode} ${typeOf(mode)} ${oid}\t`), name, Buffer.from([0])]),
    );
    this.#child.stdin.write(Buffer.concat([...records, Buffer.from([0])]));
    const line = await this.#lines.readUntil(0x0a);
    if (line !== null) return line.toString('latin1');
    throw new GitError(
      'GIT_FAILED',
      `writing a tree of ${rows.length} entries: git mktree ended without an answer: ${this.#stderr.trim()}`,
    );
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
    endGroup(this.#child);
  }
}

function typeOf(mode: string): string {
  if (mode === '40000') return 'tree';
  return mode === '160000' ? 'commit' : 'blob';
}
