import type { Artifact, TargetSelector } from '../core/index.ts';
import { resolveInside } from './artifact-path.ts';
import { looksRemote } from './check-kustomization.ts';
import { BuildError } from './error.ts';

export interface AddedPatch {
  readonly patch: string;
  readonly target?: TargetSelector | undefined;
}

export interface AddedImage {
  readonly name: string;
  readonly newName?: string | undefined;
  readonly newTag?: string | undefined;
  readonly digest?: string | undefined;
}

/** What a Kustomization's spec puts into the kustomization file of its path before kustomize builds it. */
export interface BuildAdditions {
  readonly targetNamespace?: string | undefined;
  readonly namePrefix?: string | undefined;
  readonly nameSuffix?: string | undefined;
  readonly patches?: readonly AddedPatch[] | undefined;
  /** Folders relative to the path. */
  readonly components?: readonly string[] | undefined;
  readonly ignoreMissingComponents?: boolean | undefined;
  readonly images?: readonly AddedImage[] | undefined;
  readonly buildMetadata?: readonly string[] | undefined;
}

/** Additions of which every component is there and inside of the artifact. */
export interface CheckedAdditions {
  readonly additions: BuildAdditions;
  /** Of its components, from the root of the artifact. */
  readonly folders: readonly string[];
}

/** Leaves out what asks for nothing and, where that is allowed, components that are not there. Throws for other components. */
export async function checkAdditions(artifact: Artifact, root: string, asked: BuildAdditions): Promise<CheckedAdditions> {
  const components: string[] = [];
  const folders: string[] = [];
  for (const [index, path] of (asked.components ?? []).entries()) {
    const folder = folderOfComponent(root, path);
    if ((await artifact.contentKey(folder)) !== null) {
      components.push(path);
      folders.push(folder);
    } else if (asked.ignoreMissingComponents !== true)
      throw refused(`kustomize build failed: spec.components[${index}]: '${path}' is no folder of ${artifact.revision}`);
  }
  const { ignoreMissingComponents: _, ...rest } = asked;
  const entries = Object.entries({ ...rest, components }).filter(([, value]) => isFilled(value));
  return { additions: Object.fromEntries(entries), folders };
}

export function isAdding(additions: BuildAdditions): boolean {
  return Object.keys(additions).length > 0;
}

function folderOfComponent(root: string, path: string): string {
  if (path.startsWith('/') || looksRemote(path)) throw refused(`component path '${path}' must be local and relative`);
  const folder = resolveInside(root, path);
  if (folder === null) throw refused(`component path '${path}' leaves the artifact; only paths below its root are read`);
  return folder;
}

function refused(message: string): BuildError {
  return new BuildError('PATH_REFUSED', message);
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}
