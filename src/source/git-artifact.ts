import type { Artifact, Oid } from '../core/index.ts';
import { describeBadPath } from '../git/index.ts';
import { createArtifact, type KeyedFile, normalisePath } from './create-artifact.ts';
import { SourceError } from './error.ts';
import { createIgnoreRules, type IgnoreFile } from './ignore-rules.ts';
import { tellLoss } from './lost-artifact.ts';
import {
  type GitReader,
  type IncludedArtifact,
  keyFiles,
  layOver,
  listIncluded,
  listSubmodule,
  type Submodule,
} from './overlay.ts';

export interface GitArtifactOptions {
  /** `spec.sparseCheckout`: only these folders; one that is missing is an error. */
  readonly sparseCheckout?: readonly string[] | undefined;
  /** `spec.recurseSubmodules`: outer ones first. */
  readonly submodules?: readonly Submodule[] | undefined;
  /** `spec.include`: in their order, over what the repository has. */
  readonly includes?: readonly IncludedArtifact[] | undefined;
}

interface Selection {
  readonly files: readonly KeyedFile[];
  /** Paths at which the artifact is not what the commit has. */
  readonly different: readonly string[];
}

/**
 * A commit as an artifact: regular files alone, with those of submodules and includes, without those that `.sourceignore` files, `ignore`
 * (`spec.ignore`) or the defaults leave out. Symlinks never reach a consumer. Blobs are read when somebody reads the file.
 */
export function createGitArtifact(
  reader: GitReader,
  commit: Oid,
  revision: string,
  ignore?: string,
  { submodules = [], ...others }: GitArtifactOptions = {},
): Artifact {
  const mirror = tellLoss(reader, `artifact ${revision}`);
  const nested = submodules.map((one) => ({ ...one, reader: tellLoss(one.reader, `submodule ${one.path} of ${revision}`) }));
  const options = { ...others, submodules: nested };
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
      const { different } = await select();
      const isWhole = !different.some((each) => path === '' || each === path || each.startsWith(`${path}/`));
      const entry = isWhole ? await mirror.entry(commit, path) : null;
      return entry?.type === 'tree' ? entry.oid : null;
    },
  });
}

async function selectFiles(
  mirror: GitReader,
  commit: Oid,
  ignore: string | undefined,
  { sparseCheckout, submodules = [], includes = [] }: GitArtifactOptions,
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
  return { files, different: [...dropped, ...[...nested, ...included].flat().map(({ path }) => path)] };
}

async function readIgnoreFiles(files: readonly KeyedFile[]): Promise<IgnoreFile[]> {
  const rules = files.filter(({ path }) => /(^|\/)\.sourceignore$/.test(path));
  return Promise.all(
    rules.map(async ({ path, read }) => ({
      folder: path.replace(/\/?\.sourceignore$/, ''),
      text: (await read()).toString('utf8'),
    })),
  );
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
