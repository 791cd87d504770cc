import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface BranchCommit {
  readonly oid: string;
  readonly author: string;
  readonly subject: string;
  readonly message: string;
  /** Paths that it changed. */
  readonly files: readonly string[];
}

/** A branch of a bare repository, looked at in its folder. */
export interface Branch {
  head(): Promise<string>;
  /** Newest first. */
  commits(): Promise<BranchCommit[]>;
  /** The file at the head, or null. */
  file(path: string): Promise<string | null>;
  git(...args: readonly string[]): Promise<string>;
}

export function readBranch(repository: string, branch: string): Branch {
  const git = async (...args: readonly string[]) => (await execute('git', ['-C', repository, ...args])).stdout;
  // Tests look often: the ref is a small file, and what a commit says never changes.
  const head = () => readFile(join(repository, 'refs/heads', branch), 'utf8').then((text) => text.trim());
  const known = new Map<string, Promise<string>>();
  const ask = (...args: readonly string[]) => {
    const key = args.join(' ');
    const answer = known.get(key) ?? git(...args);
    known.set(key, answer);
    return answer;
  };
  return {
    git,
    head,
    file: async (path) => ask('show', `${await head()}:${path}`).catch(() => null),
    async commits() {
      const text = await ask('log', '--name-only', '--format=%x00%H%x01%an%x01%s%x01%B%x01', await head());
      return text.split('\0').slice(1).map(parseCommit);
    },
  };
}

function parseCommit(text: string): BranchCommit {
  const [oid = '', author = '', subject = '', message = '', files = ''] = text.split('\u0001');
  return { oid, author, subject, message, files: files.split('\n').filter(Boolean) };
}
