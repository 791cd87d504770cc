import type { Oid, TreeChange } from '../core/index.ts';
import { describeBadPath } from '../git/index.ts';
import { type KeyedFile, normalisePath } from './create-artifact.ts';
import { SourceError } from './error.ts';
import { createIgnoreRules, type IgnoreFile } from './ignore-rules.ts';
import {
  type GitReader,
  type IncludedArtifact,
  keyFiles,
  layOver,
  listIncluded,
  listSubmodule,
  type Submodule,
} from './overlay.ts';

export interface SelectionOptions {
  /** `spec.sparseCheckout`: only these folders; one that is missing is an error. */
  readonly sparseCheckout?: readonly string[] | undefined;
  /** `spec.recurseSubmodules`: outer ones first. */
  readonly submodules?: readonly Submodule[] | undefined;
  /** `spec.include`: in their order, over what the repository has. */
  readonly includes?: readonly IncludedArtifact[] | undefined;
}

/** What of a commit an artifact has. */
export interface Selection {
  /** Sorted by path. */
  readonly files: readonly KeyedFile[];
  /** Paths at which the artifact is not what the commit has. */
  readonly different: readonly string[];
  isIgnored(path: string): boolean;
}

/** Regular files alone, with those of submodules and includes, without those that ignore rules leave out. Reads the whole tree. */
export async function selectFiles(
  mirror: GitReader,
  commit: Oid,
  ignore: string | undefined,
  { sparseCheckout, submodules = [], includes = [] }: SelectionOptions,
): Promise<Selection> {
  const entries = await mirror.tree(commit);
  const nested = await Promise.all(submodules.map(listSubmodule));
  const everything = layOver(keyFiles(mirror, entries), nested).filter(({ path }) => describeBadPath(path) === null);
  const isWanted = createSparseFilter(everything, sparseCheckout ?? []);
  const included = await Promise.all(includes.map(listIncluded));
  // Rules come after the includes, as in Flux: an included artifact's own .sourceignore counts, and the repository's rules count for it.
  const merged = layOver(
    everything.filter(({ path }) => isWanted(path)),
    included,
  );
  const isIgnored = createIgnoreRules(await readIgnoreFiles(merged), ignore);
  const files = merged.filter(({ path }) => !isIgnored(path));
  const kept = new Set(files.map(({ path }) => path));
  const dropped = entries.map(({ path }) => path).filter((path) => !kept.has(path));
  return { files, different: [...dropped, ...[...nested, ...included].flat().map(({ path }) => path)], isIgnored };
}

/**
 * The selection of a later commit from that of an earlier one, at the cost of what differs between them; null where the rules differ too.
 * Both are of the repository alone: no folders left out, no submodules, no includes.
 */
export function advanceSelection(from: Selection, changes: readonly TreeChange[], mirror: GitReader): Selection | null {
  if (changes.some(({ path }) => isIgnoreFile(path))) return null;
  const changed = new Set(changes.map(({ path }) => path));
  const there = changes.flatMap(({ path, after }) => (after === null ? [] : [{ path, ...after }]));
  const added = keyFiles(mirror, there).filter(({ path }) => describeBadPath(path) === null && !from.isIgnored(path));
  const kept = new Set(added.map(({ path }) => path));
  const dropped = there.map(({ path }) => path).filter((path) => !kept.has(path));
  const files = [...from.files.filter(({ path }) => !changed.has(path)), ...added].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { ...from, files, different: [...from.different.filter((path) => !changed.has(path)), ...dropped] };
}

async function readIgnoreFiles(files: readonly KeyedFile[]): Promise<IgnoreFile[]> {
  const rules = files.filter(({ path }) => isIgnoreFile(path));
  return Promise.all(
    rules.map(async ({ path, read }) => ({
      folder: path.replace(/\/?\.sourceignore$/, ''),
      text: (await read()).toString('utf8'),
    })),
  );
}

function isIgnoreFile(path: string): boolean {
  return /(^|\/)\.sourceignore$/.test(path);
}

/** Files below the folders named and no others: not even those beside them, as go-git has it. */
function createSparseFilter(files: readonly KeyedFile[], folders: readonly string[]): (path: string) => boolean {
  const wanted = folders.map(normalisePath);
  if (wanted.length === 0 || wanted.includes('')) return () => true;
  for (const folder of wanted) {
    if (files.some(({ path }) => path.startsWith(`${folder}/`))) continue;
    throw new SourceError(
      'PATH_NOT_FOUND',
      `failed to sparse checkout directories : sparse checkout dir '${folder}' does not exist in repository`,
    );
  }
  return (path) => wanted.some((folder) => path.startsWith(`${folder}/`));
}
