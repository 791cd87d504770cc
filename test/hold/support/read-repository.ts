import { execFileSync, spawnSync } from 'node:child_process';
import { type Commit, type HistoryStep, TagalongError, type TreeChange } from '../../../src/core/index.ts';
import type { HistoryMirror } from '../../../src/hold/index.ts';

const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' };

/** The reading half of a mirror over the plain git command, one process a question: slow, obvious, and independent of src/git. */
export function readRepository(path: string): HistoryMirror & { readonly blobsRead: string[] } {
  const blobsRead: string[] = [];
  const git = (...args: string[]) => runGit(path, args).toString();
  const commit = (oid: string) => parseCommit(oid, git('cat-file', 'commit', oid));
  const rawDiff = (args: string[]) => parseRaw(git(...args));
  return {
    blobsRead,
    has: async (oid) => spawnSync('git', ['-C', path, 'cat-file', '-e', oid], { env }).status === 0,
    commit: async (oid) => commit(oid),
    blob: async (oid) => {
      blobsRead.push(oid);
      return runGit(path, ['cat-file', 'blob', oid]);
    },
    diff: async (before, after) => rawDiff(['diff-tree', '-r', '-z', '--no-abbrev', '--no-renames', before, after]),
    isAncestor: async (a, b) => spawnSync('git', ['-C', path, 'merge-base', '--is-ancestor', a, b], { env }).status === 0,
    mergeBase: async (a, b) =>
      spawnSync('git', ['-C', path, 'merge-base', a, b], { env, encoding: 'utf8' }).stdout.trim() || null,
    tree: async (oid) =>
      lines(git('ls-tree', '-r', '-z', '--full-tree', oid)).map((line) => {
        const [mode = '', , blob = ''] = line.split(/[ \t]/, 3);
        return { mode, oid: blob, path: line.slice(line.indexOf('\t') + 1) };
      }),
    entry: async (oid, file) => {
      const [line] = lines(git('ls-tree', '-z', '--full-tree', oid, '--', file));
      if (line === undefined) return null;
      const [mode = '', type, blob = ''] = line.split(/[ \t]/, 3);
      return { mode, oid: blob, type: type === 'tree' || type === 'commit' ? type : 'blob' };
    },
    history: async function* (from, paths): AsyncGenerator<HistoryStep> {
      const log = ['log', '--topo-order', '--full-history', '--format=%H %P', from, '--', ...paths];
      for (const line of git(...log)
        .split('\n')
        .filter(Boolean)) {
        const [oid = '', ...parents] = line.trim().split(' ');
        const sides = parents.map((parent) => ({
          parent,
          changes: rawDiff(['diff-tree', '-r', '-z', '--no-abbrev', '--no-renames', parent, oid, '--', ...paths]),
        }));
        const root = () => rawDiff(['diff-tree', '--root', '--no-commit-id', '-r', '-z', '--no-abbrev', oid, '--', ...paths]);
        yield { commit: commit(oid), changes: parents.length === 0 ? [{ parent: null, changes: root() }] : sides };
      }
    },
  };
}

function runGit(path: string, args: readonly string[]): Buffer {
  try {
    return execFileSync('git', ['-C', path, ...args], { env, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (cause) {
    throw new TagalongError('GIT_FAILED', `git ${args[0]} failed`, { cause });
  }
}

function parseCommit(oid: string, text: string): Commit {
  const end = text.indexOf('\n\n');
  const headers = text.slice(0, end).split('\n');
  const all = (key: string) => headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const signature = (line = '') => {
    const [, name = '', email = '', seconds = '0'] = /^(.*) <(.*)> (\d+) /.exec(line) ?? [];
    return { name, email, seconds: Number(seconds) };
  };
  return {
    oid,
    tree: all('tree')[0] ?? '',
    parents: all('parent'),
    author: signature(all('author')[0]),
    committer: signature(all('committer')[0]),
    message: text.slice(end + 2),
  };
}

function parseRaw(text: string): TreeChange[] {
  const changes: TreeChange[] = [];
  const fields = lines(text);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [mode = '', newMode = '', oid = '', newOid = ''] = (fields[at] ?? '').slice(1).split(' ');
    const version = (which: string, blob: string) => (/^0+$/.test(blob) ? null : { mode: which, oid: blob });
    changes.push({ path: fields[at + 1] ?? '', before: version(mode, oid), after: version(newMode, newOid) });
  }
  return changes;
}

function lines(text: string): string[] {
  return text.split('\0').filter(Boolean);
}
