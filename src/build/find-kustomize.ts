import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The words that run kustomize: `[…/kustomize, 'build']` or `[…/kubectl, 'kustomize']`. */
export type KustomizeCommand = readonly [program: string, ...args: string[]];

/** kustomize on the given search path, else the one inside kubectl, else null. */
export function findKustomize(searchPath: string | undefined): KustomizeCommand | null {
  const kustomize = findProgram('kustomize', searchPath);
  if (kustomize !== null) return [kustomize, 'build'];
  const kubectl = findProgram('kubectl', searchPath);
  return kubectl === null ? null : [kubectl, 'kustomize'];
}

function findProgram(name: string, searchPath: string | undefined): string | null {
  const candidates = (searchPath ?? '').split(delimiter).filter((folder) => folder !== '');
  return candidates.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
