import type { Artifact, GitMirror, Oid, TreeEntry } from '../core/index.ts';
import { describeBadPath } from '../git/index.ts';
import { createArtifact, type KeyedFile, normalisePath } from './create-artifact.ts';
import { SourceError } from './error.ts';
import { createIgnoreRules, type IgnoreFile } from './ignore-rules.ts';

export interface GitArtifactOptions {
  /** `spec.sparseCheckout`: only these folders; one that is missing is an error. */
  readonly sparseCheckout?: readonly string[] | undefined;
}

type GitReader = Pick<GitMirror, 'tree' | 'blob' | 'entry'>;

interface Selection {
  readonly files: readonly KeyedFile[];
  /** Paths that the commit has and the artifact has not. */
  readonly dropped: readonly string[];
}

/**
 * A commit as an artifact: regular files alone, without those that `.sourceignore` files, `ignore` (`spec.ignore`) or the defaults leave out.
 * Symlinks and submodules never reach a consumer. Blobs are read when somebody reads the file.
 */
export function createGitArtifact(
  mirror: GitReader,
  commit: Oid,
  revision: string,
  ignore?: string,
  options: GitArtifactOptions = {},
): Artifact {
  let selected: Promise<Selection> | null = null;
  const select = () => {
    selected ??= selectFiles(mirror, commit, ignore, options).catch((error: unknown) => {
      selected = null;
      throw error;
    });
    return selected;
  };
  return createArtifact({
    revision,
    commit,
    list: async () => (await select()).files,
    shortKey: async (path) => {
      const { dropped } = await select();
      const isWhole = !dropped.some((each) => path === '' || each === path || each.startsWith(`${path}/`));
      const entry = isWhole ? await mirror.entry(commit, path) : null;
      return entry?.type === 'tree' ? entry.oid : null;
    },
  });
}

async function selectFiles(
  mirror: GitReader,
  commit: Oid,
  ignore: string | undefined,
  { sparseCheckout }: GitArtifactOptions,
): Promise<Selection> {
  const entries = await mirror.tree(commit);
  const isIgnored = createIgnoreRules(await readIgnoreFiles(mirror, entries), ignore);
  const isWanted = createSparseFilter(entries, sparseCheckout ?? []);
  const keeps = ({ path, mode }: TreeEntry) =>
    mode.startsWith('100') && describeBadPath(path) === null && isWanted(path) && !isIgnored(path);
  const { kept = [], dropped = [] } = Object.groupBy(entries, (entry) => (keeps(entry) ? 'kept' : 'dropped'));
  const files = kept.map(({ path, mode, oid }) => ({
    path,
    executable: mode === '100755',
    key: oid,
    read: () => mirror.blob(oid),
  }));
  return { files, dropped: dropped.map(({ path }) => path) };
}

async function readIgnoreFiles(mirror: GitReader, entries: readonly TreeEntry[]): Promise<IgnoreFile[]> {
  const files = entries.filter(({ path, mode }) => mode.startsWith('100') && /(^|\/)\.sourceignore$/.test(path));
  return Promise.all(
    files.map(async ({ path, oid }) => ({
      folder: path.replace(/\/?\.sourceignore$/, ''),
      text: (await mirror.blob(oid)).toString('utf8'),
    })),
  );
}

// As git's cone mode: the folders named, and the files that lie directly in the folders above them.
function createSparseFilter(entries: readonly TreeEntry[], folders: readonly string[]): (path: string) => boolean {
  const wanted = folders.map(normalisePath);
  if (wanted.length === 0 || wanted.includes('')) return () => true;
  for (const folder of wanted) {
    if (entries.some(({ path }) => path.startsWith(`${folder}/`))) continue;
    throw new SourceError(
      'PATH_NOT_FOUND',
      `failed to sparse checkout directories : sparse checkout dir '${folder}' does not exist in repository`,
    );
  }
  const above = new Set(wanted.flatMap((folder) => folder.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))));
  const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return (path) => above.has(folderOf(path)) || wanted.some((folder) => path.startsWith(`${folder}/`));
}
