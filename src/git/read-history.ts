import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { endGroup } from '../child/index.ts';
import type { Commit, HistoryStep, Oid, TreeChange } from '../core/index.ts';
import { ByteReader } from './byte-reader.ts';
import { checkOid } from './check-name.ts';
import { GitError } from './error.ts';
import type { ObjectReader } from './object-reader.ts';
import { parseRawChange } from './parse-objects.ts';
import { describeFailure, type Repository, startGit } from './run-git.ts';

/**
 * The commits from `from` back that changed one of `paths` against any parent, as `git log --topo-order --full-history -m --raw` walks
 * them. The walk and the differences are two processes: `-m` with a format does not say which parent a difference is against, and leaves
 * out the parents that are equal.
 */
export async function* readHistory(
  repository: Repository,
  reader: ObjectReader,
  from: Oid,
  paths: readonly string[],
): AsyncGenerator<HistoryStep> {
  const limit = paths.filter((path) => path !== '');
  using walk = new Walk(repository, from, limit.length === paths.length ? limit : []);
  using differ = new ParentDiffer(repository, limit.length === paths.length ? limit : []);
  for (let oid = await walk.next(); oid !== null; oid = await walk.next()) {
    const commit = await reader.commit(oid);
    yield { commit, changes: await differ.diff(commit) };
  }
}

class Walk implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: ByteReader;
  readonly #ended: Promise<number | null>;
  #stderr = '';

  constructor(repository: Repository, from: Oid, paths: readonly string[]) {
    this.#child = startGit(repository, ['rev-list', '--topo-order', '--full-history', checkOid(from), '--', ...paths]);
    this.#child.stdin.end();
    this.#lines = new ByteReader(this.#child.stdout);
    this.#ended = new Promise((resolve) => this.#child.on('close', resolve).on('error', () => resolve(-1)));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4_000);
    });
  }

  async next(): Promise<Oid | null> {
    const line = await this.#lines.readUntil(0x0a);
    if (line !== null) return line.toString('latin1');
    const code = await this.#ended;
    if (code === 0) return null;
    // A walk that breaks off must not look like the beginning of history.
    throw describeFailure(['rev-list'], { code: code ?? -1, stderr: this.#stderr });
  }

  [Symbol.dispose](): void {
    endGroup(this.#child);
  }
}

const endOfAnswer = '=';

/** Compares commits with their parents through one `git diff-tree --stdin`. */
class ParentDiffer implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #tokens: ByteReader;

  constructor(repository: Repository, paths: readonly string[]) {
    this.#child = startGit(repository, [
      'diff-tree',
      '--stdin',
      '--root',
      '-r',
      '-z',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      '--',
      ...paths,
    ]);
    this.#child.stderr.resume();
    this.#child.on('error', () => {});
    this.#tokens = new ByteReader(this.#child.stdout);
  }

  async diff(commit: Commit): Promise<HistoryStep['changes']> {
    const parents: readonly (Oid | null)[] = commit.parents.length > 0 ? commit.parents : [null];
    // A line with one parent makes git compare with that one alone; a line that is no object id comes back as it is, and flushes.
    for (const parent of parents)
      this.#child.stdin.write(`${commit.oid}${parent === null ? '' : ` ${parent}`}\n${endOfAnswer}\n`);
    const changes: { parent: Oid | null; changes: TreeChange[] }[] = [];
    for (const parent of parents) changes.push({ parent, changes: await this.#answer(commit.oid) });
    return changes;
  }

  async #answer(oid: Oid): Promise<TreeChange[]> {
    const changes: TreeChange[] = [];
    while (true) {
      const first = await this.#tokens.peek();
      if (first === null)
        throw new GitError('CORRUPT_MIRROR', `comparing commit ${oid} with its parents: git diff-tree ended without an answer`);
      if (first === endOfAnswer.charCodeAt(0)) {
        await this.#tokens.readUntil(0x0a);
        return changes;
      }
      const token = (await this.#tokens.readUntil(0))?.toString('latin1') ?? '';
      if (!token.startsWith(':')) continue; // the commit's own id, before its changes
      const path = await this.#tokens.readUntil(0);
      changes.push(parseRawChange(token, path?.toString('utf8') ?? ''));
    }
  }

  [Symbol.dispose](): void {
    this.#child.stdin.end();
    endGroup(this.#child);
  }
}
