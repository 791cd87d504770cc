import { createHash } from 'node:crypto';
import type { Artifact, ArtifactFile, GitMirror, Oid, TreeEntry } from '../core/index.ts';
import { type KeyedFile, normalisePath } from './create-artifact.ts';
import { SourceError } from './error.ts';

export type GitReader = Pick<GitMirror, 'tree' | 'blob' | 'entry' | 'diff'>;

/** `spec.include`: another artifact's folder laid over this one. */
export interface IncludedArtifact {
  readonly artifact: Artifact;
  /** Folder or file of the included artifact; '' is all of it. */
  readonly fromPath: string;
  /** Where it goes. */
  readonly toPath: string;
}

/** A submodule at the commit that its parent names. */
export interface Submodule {
  /** From the root of the whole. */
  readonly path: string;
  readonly reader: GitReader;
  readonly commit: Oid;
}

/** The regular files of a tree, below `folder`. */
export function keyFiles(reader: GitReader, entries: readonly TreeEntry[], folder = ''): KeyedFile[] {
  return entries
    .filter(({ mode }) => mode.startsWith('100'))
    .map(({ path, mode, oid }) => ({
      path: folder === '' ? path : `${folder}/${path}`,
      executable: mode === '100755',
      key: oid,
      read: () => reader.blob(oid),
    }));
}

export async function listSubmodule({ path, reader, commit }: Submodule): Promise<KeyedFile[]> {
  return keyFiles(reader, await reader.tree(commit), normalisePath(path));
}

/** What an included artifact brings, where it goes. Throws COPY_FAILED where `fromPath` is not in it. */
export async function listIncluded({ artifact, fromPath, toPath }: IncludedArtifact): Promise<KeyedFile[]> {
  const [from, to] = [normalisePath(fromPath), normalisePath(toPath)];
  const files = await artifact.files(from);
  if (files.length === 0 && from !== '')
    throw new SourceError('COPY_FAILED', `failed to copy the included artifact ${artifact.revision}: it has no '${from}'`);
  return Promise.all(files.map((file) => moveFile(file, normalisePath(`${to}/${file.path.slice(from.length)}`))));
}

async function moveFile(file: ArtifactFile | KeyedFile, path: string): Promise<KeyedFile> {
  const key =
    'key' in file
      ? file.key
      : createHash('sha256')
          .update(await file.read())
          .digest('hex');
  return { path, executable: file.executable, read: () => file.read(), key };
}

/** The files with others laid over them: the last one that has a path wins, also where a file takes the place of a folder or lies in one. */
export function layOver(base: readonly KeyedFile[], layers: readonly (readonly KeyedFile[])[]): KeyedFile[] {
  const files = new Map(base.map((file) => [file.path, file]));
  for (const layer of layers) {
    const folders = new Set(layer.flatMap(({ path }) => foldersAbove(path)));
    const names = new Set(layer.map(({ path }) => path));
    for (const path of files.keys())
      if (folders.has(path) || foldersAbove(path).some((folder) => names.has(folder))) files.delete(path);
    for (const file of layer) files.set(file.path, file);
  }
  return [...files.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
