import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Kustomization } from '../api/index.ts';
import { CliError } from './error.ts';

/** A folder that stands for a source, and the path in it. */
export interface LocalRoot {
  readonly root: string;
  /** As `spec.path` would say it. */
  readonly path: string;
}

/**
 * What the source would hold, so that `../base` is found: the work tree that the folder is in; else what remains of it without
 * `spec.path`; else the folder itself.
 */
export async function findRoot(given: string, specPath: string): Promise<LocalRoot> {
  const folder = resolve(given);
  if (!(await isFolder(folder))) throw new CliError('USAGE', `--path ${given}: there is no such folder`);
  const wanted = specPath.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const isSuffix = wanted !== '' && `${folder}/`.endsWith(`/${wanted}/`);
  const root = findWorkTree(folder) ?? (isSuffix ? folder.slice(0, -wanted.length) : folder);
  return { root, path: pathIn(root, folder) };
}

/** The folder that was given for the source of a Kustomization. Throws where none was, in flux's words. */
export async function findLocalSource(
  { metadata, spec }: Kustomization,
  localSources: ReadonlyMap<string, string>,
): Promise<LocalRoot> {
  const { kind, name, namespace = metadata.namespace ?? '' } = spec.sourceRef;
  const key = `${kind}/${namespace}/${name}`;
  const root = localSources.get(key);
  if (root === undefined)
    throw new CliError(
      'USAGE',
      `cannot get local path for ${key} of kustomization ${metadata.name}; give it with --local-sources ${key}=<folder>`,
    );
  if (!(await isFolder(resolve(root)))) throw new CliError('USAGE', `--local-sources ${key}=${root}: there is no such folder`);
  return { root: resolve(root), path: spec.path ?? './' };
}

function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function pathIn(root: string, folder: string): string {
  return `./${relative(root, folder).split(sep).join('/')}`;
}

function findWorkTree(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return null;
  }
}
