import { createHash } from 'node:crypto';
import { type Commit, TagalongError, type TreeChange } from '../../../src/core/index.ts';
import type { HistoryMirror } from '../../../src/hold/index.ts';

type Files = Readonly<Record<string, string>>;

interface Node {
  readonly commit: Commit;
  readonly files: Files;
}

/** A history in memory, for tests that need thousands of them; what it yields is what git would. */
export interface MemoryMirror extends HistoryMirror {
  add(parents: readonly string[], files: Files, message?: string): string;
}

export function createMemoryMirror(): MemoryMirror {
  const nodes = new Map<string, Node>();
  const blobs = new Map<string, string>();
  const node = (oid: string): Node => {
    const found = nodes.get(oid);
    if (!found) throw new TagalongError('MISSING', `no commit ${oid}`);
    return found;
  };
  const versionOf = (text: string | undefined) => (text === undefined ? null : { oid: hash(text), mode: '100644' });
  const diffFiles = (before: Files, after: Files): TreeChange[] =>
    [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .toSorted()
      .filter((path) => before[path] !== after[path])
      .map((path) => ({ path, before: versionOf(before[path]), after: versionOf(after[path]) }));
  const ancestors = (oid: string): Set<string> => {
    const seen = new Set<string>();
    const waiting = [oid];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!seen.has(next)) waiting.push(...node(next).commit.parents);
      seen.add(next);
    }
    return seen;
  };
  return {
    add(parents, files, message = 'Change') {
      for (const text of Object.values(files)) blobs.set(hash(text), text);
      const oid = hash(`${nodes.size} ${message}`);
      const who = { name: 'Ann', email: 'ann@example.com', seconds: nodes.size };
      nodes.set(oid, { commit: { oid, tree: oid, parents, author: who, committer: who, message }, files });
      return oid;
    },
    has: async (oid) => nodes.has(oid),
    commit: async (oid) => node(oid).commit,
    blob: async (oid) => Buffer.from(blobs.get(oid) ?? ''),
    tree: async (oid) => Object.entries(node(oid).files).map(([path, text]) => ({ path, mode: '100644', oid: hash(text) })),
    entry: async (oid, path) => {
      const version = versionOf(node(oid).files[path]);
      return version && { type: 'blob', ...version };
    },
    diff: async (before, after) => diffFiles(node(before).files, node(after).files),
    isAncestor: async (a, b) => ancestors(b).has(a),
    mergeBase: async (a, b) => {
      const others = ancestors(b);
      const common = [...ancestors(a)].filter((oid) => others.has(oid));
      return common.find((oid) => common.every((other) => !ancestors(other).has(oid) || other === oid)) ?? null;
    },
    history: async function* (from, paths) {
      // Commits are added after their parents, so the reverse of that order is a topological one.
      const reached = ancestors(from);
      for (const { commit, files } of [...nodes.values()].reverse()) {
        if (!reached.has(commit.oid)) continue;
        const parents = commit.parents.length === 0 ? [null] : commit.parents;
        const changes = parents.map((parent) => {
          const all = diffFiles(parent === null ? {} : node(parent).files, files);
          return { parent, changes: all.filter(({ path }) => paths.includes(path)) };
        });
        if (changes.some((side) => side.changes.length > 0)) yield { commit, changes };
      }
    },
  };
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
