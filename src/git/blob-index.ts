import type { GitMirror, Oid, Store, TreeChange } from '../core/index.ts';

export interface IndexedBlob<T> {
  readonly oid: Oid;
  readonly value: T;
}

export type BlobMap<T> = ReadonlyMap<string, IndexedBlob<T>>;

export interface BlobIndexOptions<T> {
  readonly mirror: Pick<GitMirror, 'tree' | 'diff' | 'blob' | 'has'>;
  /** Whether a file's path makes it worth reading. */
  matches(path: string): boolean;
  /** What is in a file, or null when it has nothing to index. It depends on path and bytes alone. */
  inspect(path: string, bytes: Buffer): T | null;
  /** Where the index of each branch is kept over a restart; values must survive JSON. `key` names this index and the version of `inspect`. */
  readonly store?: { readonly store: Store; readonly key: string };
}

export interface BlobIndex<T> {
  /**
   * What every matching file of `commit` holds, by path. After the first time for a branch only the files that differ from the
   * commit indexed last are read.
   */
  at(commit: Oid, branch?: string): Promise<BlobMap<T>>;
}

interface Indexed<T> {
  readonly commit: Oid;
  readonly blobs: BlobMap<T>;
}

const readAtOnce = 64;
const keptBranches = 32;

/** An index over the files of a repository: built once by reading them all, then advanced by the difference of two commits. */
export function createBlobIndex<T>(options: BlobIndexOptions<T>): BlobIndex<T> {
  const branches = new Map<string, Promise<Indexed<T> | null>>();
  return {
    async at(commit, branch = '') {
      // One after another for a branch: each starts from where the one before it ended.
      const before = branches.get(branch) ?? loadIndexed(options, branch);
      const advanced = before.then((indexed) =>
        indexed?.commit === commit ? indexed : advance(options, indexed, commit, branch),
      );
      branches.delete(branch);
      branches.set(
        branch,
        advanced.catch(() => before),
      );
      for (const oldest of branches.keys()) if (branches.size > keptBranches) branches.delete(oldest);
      return (await advanced).blobs;
    },
  };
}

async function advance<T>(
  options: BlobIndexOptions<T>,
  from: Indexed<T> | null,
  commit: Oid,
  branch: string,
): Promise<Indexed<T>> {
  const usable = from !== null && (await options.mirror.has(from.commit));
  const blobs = usable
    ? await applyChanges(options, from.blobs, await options.mirror.diff(from.commit, commit))
    : await buildIndex(options, commit);
  const indexed = { commit, blobs };
  await saveIndexed(options, indexed, branch);
  return indexed;
}

async function buildIndex<T>(options: BlobIndexOptions<T>, commit: Oid): Promise<BlobMap<T>> {
  const entries = await options.mirror.tree(commit);
  const files = entries.filter(({ path, mode }) => isFile(mode) && options.matches(path));
  return new Map(await inspectAll(options, files));
}

async function applyChanges<T>(
  options: BlobIndexOptions<T>,
  blobs: BlobMap<T>,
  changes: readonly TreeChange[],
): Promise<BlobMap<T>> {
  const next = new Map(blobs);
  for (const { path } of changes) next.delete(path);
  const files = changes.flatMap(({ path, after }) =>
    after !== null && isFile(after.mode) && options.matches(path) ? [{ path, oid: after.oid }] : [],
  );
  for (const [path, indexed] of await inspectAll(options, files)) next.set(path, indexed);
  return next;
}

function isFile(mode: string): boolean {
  return mode === '100644' || mode === '100755' || mode === '100664';
}

async function inspectAll<T>(
  options: BlobIndexOptions<T>,
  files: readonly { path: string; oid: Oid }[],
): Promise<[string, IndexedBlob<T>][]> {
  const found: [string, IndexedBlob<T>][] = [];
  for (let start = 0; start < files.length; start += readAtOnce) {
    const some = files.slice(start, start + readAtOnce);
    const contents = await Promise.all(some.map(({ oid }) => options.mirror.blob(oid)));
    for (const [index, { path, oid }] of some.entries()) {
      const value = options.inspect(path, contents[index] ?? Buffer.alloc(0));
      if (value !== null) found.push([path, { oid, value }]);
    }
  }
  return found;
}

async function loadIndexed<T>({ store }: BlobIndexOptions<T>, branch: string): Promise<Indexed<T> | null> {
  if (store === undefined) return null;
  try {
    const bytes = await store.store.read(keyOf(store.key, branch));
    if (bytes === null) return null;
    const saved: { commit: Oid; blobs: [string, IndexedBlob<T>][] } = JSON.parse(bytes.toString());
    return { commit: saved.commit, blobs: new Map(saved.blobs) };
  } catch {
    return null; // unreadable: built again from the repository
  }
}

async function saveIndexed<T>({ store }: BlobIndexOptions<T>, { commit, blobs }: Indexed<T>, branch: string): Promise<void> {
  await store?.store.write(keyOf(store.key, branch), JSON.stringify({ commit, blobs: [...blobs] }));
}

function keyOf(key: string, branch: string): string {
  return `${key}/${Buffer.from(branch).toString('hex') || 'head'}`;
}
