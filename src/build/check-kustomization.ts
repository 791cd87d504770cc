import type { ArtifactFile, FileProblem } from '../core/index.ts';
import type { SopsFormat } from '../sops/index.ts';
import { folderOf, resolveInside } from './artifact-path.ts';
import type { BuildLimits } from './build-limits.ts';
import { kustomizationFileNames } from './find-manifests.ts';
import { type PathEntry, type PathsOf, pathsOfKustomization, pathsOfPlugin } from './kustomization-paths.ts';
import { readYaml } from './read-yaml.ts';

export interface KustomizationInputs {
  /** Every folder that kustomize reads from: what a cache key is made of. */
  readonly folders: ReadonlySet<string>;
  /** Files that may be encrypted, and are decrypted for kustomize, by path. */
  readonly encrypted: ReadonlyMap<string, SopsFormat>;
  /** What is refused; empty when kustomize may run. */
  readonly problems: readonly FileProblem[];
}

/**
 * Follows every path from the kustomization files of `folders` and refuses what leaves the artifact, is remote, or would run somebody
 * else's code. Afterwards kustomize can be run without restrictions of its own: it is asked for nothing outside.
 */
export async function checkKustomizations(
  folders: readonly string[],
  files: ReadonlyMap<string, ArtifactFile>,
  limits: BuildLimits,
): Promise<KustomizationInputs> {
  const check = new Check(files, limits);
  for (const folder of folders) await check.folder(folder, 'resource');
  return { folders: check.folders, encrypted: check.encrypted, problems: check.problems };
}

class Check {
  readonly folders = new Set<string>();
  readonly encrypted = new Map<string, SopsFormat>();
  readonly problems: FileProblem[] = [];
  readonly #files: ReadonlyMap<string, ArtifactFile>;
  readonly #limits: BuildLimits;
  readonly #allFolders: ReadonlySet<string>;
  readonly #visited = new Set<string>();

  constructor(files: ReadonlyMap<string, ArtifactFile>, limits: BuildLimits) {
    this.#files = files;
    this.#limits = limits;
    this.#allFolders = foldersOf(files.keys());
  }

  async folder(folder: string, use: 'resource' | 'plugin'): Promise<void> {
    this.folders.add(folder);
    if (this.#visited.has(`${use} ${folder}`)) return;
    this.#visited.add(`${use} ${folder}`);
    for (const name of kustomizationFileNames) {
      const file = this.#files.get(folder === '' ? name : `${folder}/${name}`);
      if (file !== undefined)
        for (const document of await this.#read(file)) await this.#follow(file, folder, pathsOfKustomization(document), use);
    }
  }

  async #follow(file: ArtifactFile, folder: string, { entries, refusals }: PathsOf, use: 'resource' | 'plugin'): Promise<void> {
    for (const message of refusals) this.problems.push({ file: file.path, message });
    for (const entry of entries) {
      // What a folder of plugins lists as resources are plugins themselves.
      const effective = entry.use === 'resource' ? use : entry.use;
      await this.#entry(file, folder, { ...entry, use: effective });
    }
  }

  async #entry(file: ArtifactFile, folder: string, entry: PathEntry): Promise<void> {
    if (entry.mayBeInline && /^\s*\{|\n/.test(entry.path)) return this.#inline(file, folder, entry);
    const target = resolveInside(folder, entry.path);
    if (target !== null && this.#files.has(target)) return this.#file(target, entry);
    if (target !== null && this.#allFolders.has(target) && entry.use !== 'file') return this.folder(target, entry.use);
    this.#refuse(file, entry, target);
  }

  async #file(path: string, { use, sops }: PathEntry): Promise<void> {
    const folder = folderOf(path);
    this.folders.add(folder);
    // As in Flux, the first who names a file says what it is.
    if (sops !== undefined && !this.encrypted.has(path)) this.encrypted.set(path, sops);
    const file = this.#files.get(path);
    if (use !== 'plugin' || file === undefined || this.#visited.has(`plugin ${path}`)) return;
    this.#visited.add(`plugin ${path}`);
    for (const document of await this.#read(file)) await this.#follow(file, folder, pathsOfPlugin(document), 'plugin');
  }

  async #inline(file: ArtifactFile, folder: string, { use, path }: PathEntry): Promise<void> {
    if (use !== 'plugin') return;
    for (const document of this.#parse(Buffer.from(path), file.path))
      await this.#follow(file, folder, pathsOfPlugin(document), 'plugin');
  }

  #refuse(file: ArtifactFile, { field, path }: PathEntry, target: string | null): void {
    const what = `${field}: '${path}'`;
    if (looksRemote(path)) this.#problem(file, `${what} is remote; only what is in the artifact is built: commit a copy`);
    else if (target === null) this.#problem(file, `${what} leaves the artifact; only paths below its root are read`);
    else this.#problem(file, `${what} is neither a file nor a folder of the artifact`);
  }

  #problem(file: ArtifactFile, message: string): void {
    this.problems.push({ file: file.path, message });
  }

  async #read(file: ArtifactFile): Promise<unknown[]> {
    return this.#parse(await file.read(), file.path);
  }

  #parse(bytes: Buffer, path: string): unknown[] {
    const read = readYaml(bytes, path, this.#limits);
    if ('problems' in read) {
      this.problems.push(...read.problems);
      return [];
    }
    return read.documents.map(({ value }) => value).filter((value) => value !== null);
  }
}

/** An address instead of a path: a URL, scp's form, or what kustomize takes for a repository. */
export function looksRemote(path: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:/i.test(path) ||
    /^[^/]+@[^/]+:/.test(path) ||
    /[?&](ref|version|submodules|timeout)=/.test(path) ||
    /^(www\.)?(github|gitlab|bitbucket)\.[a-z]+[/:]/i.test(path)
  );
}

function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>(['']);
  for (const path of paths)
    for (let folder = folderOf(path); folder !== '' && !folders.has(folder); folder = folderOf(folder)) folders.add(folder);
  return folders;
}
