import type { ArtifactFile } from '../core/index.ts';
import { comparePaths, folderOf } from './artifact-path.ts';

export const kustomizationFileNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export interface Manifests {
  /** The kustomization file of the path itself, if it has one: then nothing else counts. */
  readonly own: ArtifactFile | null;
  /** Plain manifests, outside of folders that kustomize builds. */
  readonly plain: readonly ArtifactFile[];
  /** Folders below the path that have a kustomization file, and are not below another such folder. */
  readonly overlays: readonly string[];
  /** Manifests and overlays in the order of a walk: how Flux lists them as resources. */
  readonly inOrder: readonly string[];
}

/** Sorts the files under `path` as Flux's walk does: every .yaml and .yml, but a folder with a kustomization file is one entry. */
export function findManifests(path: string, files: readonly ArtifactFile[]): Manifests {
  const roots = new Set(files.filter(isKustomizationFile).map((file) => folderOf(file.path)));
  const overlays = [...roots].filter((root) => root !== path && !isBelowAny(root, roots, path));
  const plain = files
    .filter((file) => /\.ya?ml$/.test(file.path) && !isBelowAny(file.path, roots, path))
    .toSorted((a, b) => comparePaths(a.path, b.path));
  const own = kustomizationFileNames
    .map((name) => files.find((file) => file.path === (path === '' ? name : `${path}/${name}`)))
    .find((file) => file !== undefined);
  const inOrder = [...plain.map((file) => file.path), ...overlays].toSorted(comparePaths);
  return { own: own ?? null, plain, overlays, inOrder };
}

export function isKustomizationFile({ path }: ArtifactFile): boolean {
  return kustomizationFileNames.includes(path.slice(path.lastIndexOf('/') + 1));
}

function isBelowAny(path: string, roots: ReadonlySet<string>, top: string): boolean {
  for (let folder = folderOf(path); folder.length > top.length; folder = folderOf(folder)) if (roots.has(folder)) return true;
  return false;
}
