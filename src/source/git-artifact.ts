import type { Artifact, Oid } from '../core/index.ts';
import { createArtifact } from './create-artifact.ts';
import { advanceSelection, type Selection, type SelectionOptions, selectFiles } from './git-selection.ts';
import { tellLoss } from './lost-artifact.ts';
import type { GitReader } from './overlay.ts';

export type GitArtifactOptions = SelectionOptions;

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
  const isPlain = [options.sparseCheckout, nested, options.includes].every((parts = []) => parts.length === 0);
  const branch = revision.slice(0, revision.lastIndexOf('@') + 1);
  const chosen = { mirror, commit, ignore };
  let selected: Promise<Selection> | null = null;
  const select = () => {
    selected ??= (
      isPlain ? selectFromLast(reader, chosen, `${branch} ${ignore ?? ''}`) : selectFiles(mirror, commit, ignore, options)
    ).catch((error: unknown) => {
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

interface Chosen {
  readonly mirror: GitReader;
  readonly commit: Oid;
  readonly ignore: string | undefined;
}

interface Known {
  readonly commit: Oid;
  readonly selection: Selection;
}

/** What was selected last of each branch and rules: a commit of one file in a repository of many costs what that one file does. */
const lastSelections = new WeakMap<GitReader, Map<string, Known>>();
const keptOfMirror = 16;

async function selectFromLast(reader: GitReader, { mirror, commit, ignore }: Chosen, key: string): Promise<Selection> {
  const last = lastSelections.get(reader) ?? new Map<string, Known>();
  lastSelections.set(reader, last);
  const known = last.get(key);
  const advanced = known === undefined ? null : await advanceKnown(known, mirror, commit);
  const selection = advanced ?? (await selectFiles(mirror, commit, ignore, {}));
  last.delete(key);
  last.set(key, { commit, selection });
  for (const oldest of last.keys()) if (last.size > keptOfMirror) last.delete(oldest);
  return selection;
}

/** Null where the earlier commit is no longer there, as after a force-push and a clean-up. */
async function advanceKnown({ commit: from, selection }: Known, mirror: GitReader, commit: Oid): Promise<Selection | null> {
  if (from === commit) return selection;
  const changes = await mirror.diff(from, commit).catch(() => null);
  return changes === null ? null : advanceSelection(selection, changes, mirror);
}
