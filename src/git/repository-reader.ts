import type { Commit, GitMirror, HistoryStep, Oid, TreeChange, TreeEntry } from '../core/index.ts';
import { checkOid, checkRef } from './check-name.ts';
import { ObjectReader } from './object-reader.ts';
import { parseRawDiff, parseTreeListing } from './parse-objects.ts';
import { readHistory } from './read-history.ts';
import { type Repository, runGit } from './run-git.ts';

/** What can be read of a repository on disk; nothing here writes or uses the network. */
export type ReadableRepository = Pick<
  GitMirror,
  | 'has'
  | 'commit'
  | 'tree'
  | 'entry'
  | 'blob'
  | 'object'
  | 'tagObject'
  | 'settings'
  | 'diff'
  | 'isAncestor'
  | 'mergeBase'
  | 'history'
>;

/** Reads objects and history of a repository. */
export class RepositoryReader implements ReadableRepository {
  protected readonly repository: Repository;
  protected readonly reader: ObjectReader;

  constructor(repository: Repository, maxBlobBytes: number) {
    this.repository = repository;
    this.reader = new ObjectReader(repository, maxBlobBytes);
  }

  async has(oid: Oid): Promise<boolean> {
    return (await this.reader.read(oid)) !== null;
  }

  commit(oid: Oid): Promise<Commit> {
    return this.noticing(this.reader.commit(oid), oid);
  }

  async tree(commit: Oid, path = ''): Promise<readonly TreeEntry[]> {
    const folder = path.replace(/\/+$/, '');
    const top = await this.entry(commit, folder);
    if (top === null) return [];
    if (top.type !== 'tree') return [{ path: folder, mode: top.mode, oid: top.oid }];
    const { stdout } = await this.git(['ls-tree', '-r', '-z', '--full-tree', top.oid]);
    return parseTreeListing(stdout, folder === '' ? '' : `${folder}/`);
  }

  async entry(commit: Oid, path: string): ReturnType<GitMirror['entry']> {
    const { tree } = await this.commit(commit);
    if (path === '') return { type: 'tree', oid: tree, mode: '40000' };
    let folder = tree;
    const parts = path.split('/').map((part) => Buffer.from(part));
    for (const [index, name] of parts.entries()) {
      const row = (await this.noticing(this.reader.tree(folder), folder)).find((candidate) => candidate.name.equals(name));
      if (row === undefined) return null;
      if (index === parts.length - 1) return { type: typeOf(row.mode), oid: row.oid, mode: row.mode };
      if (row.mode !== '40000') return null;
      folder = row.oid;
    }
    return null;
  }

  blob(oid: Oid): Promise<Buffer> {
    return this.noticing(this.reader.blob(oid), oid);
  }

  async object(oid: Oid): ReturnType<GitMirror['object']> {
    const found = await this.noticing(this.reader.read(oid), oid);
    return found?.bytes ? { type: found.type, bytes: found.bytes } : null;
  }

  async tagObject(tag: string): Promise<Oid | null> {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${checkRef(`refs/tags/${tag}`)}^{tag}`];
    const { code, stdout } = await this.git(args, [0, 1, 128]);
    return code === 0 ? stdout.toString('latin1').trim() : null;
  }

  async settings(blob: Oid): ReturnType<GitMirror['settings']> {
    const { stdout } = await this.git(['config', '--no-includes', `--blob=${checkOid(blob)}`, '--null', '--list']);
    const records = stdout.toString('utf8').split('\0').slice(0, -1);
    return records.map((record) => {
      const [name = '', ...value] = record.split('\n'); // a name alone means true
      return [name, value.join('\n')] as const;
    });
  }

  async diff(before: Oid, after: Oid): Promise<readonly TreeChange[]> {
    const { stdout } = await this.git([
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      checkOid(before),
      checkOid(after),
    ]);
    return parseRawDiff(stdout);
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    const { code } = await this.git(['merge-base', '--is-ancestor', checkOid(ancestor), checkOid(descendant)], [0, 1]);
    return code === 0;
  }

  async mergeBase(a: Oid, b: Oid): Promise<Oid | null> {
    const { stdout } = await this.git(['merge-base', checkOid(a), checkOid(b)], [0, 1]);
    return stdout.toString('latin1').split('\n')[0] || null;
  }

  history(from: Oid, paths: readonly string[]): AsyncIterable<HistoryStep> {
    return readHistory(this.repository, this.reader, from, paths);
  }

  protected async git(args: readonly string[], expect: readonly number[] = [0]): ReturnType<typeof runGit> {
    return this.noticing(runGit(this.repository, args, { expect }));
  }

  /** Sees every failure to read, and which object it was about. */
  protected noticing<T>(result: Promise<T>, _oid: Oid | null = null): Promise<T> {
    return result;
  }
}

function typeOf(mode: string): 'tree' | 'blob' | 'commit' {
  if (mode === '40000') return 'tree';
  return mode === '160000' ? 'commit' : 'blob';
}
