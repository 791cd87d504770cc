import { BuildError } from './error.ts';

/** `spec.path` as a path from the root of the artifact: no leading `./` or `/`, no trailing `/`, '' for the root. Refuses to leave it. */
export function parseBuildPath(path: string | undefined): string {
  const resolved = resolveInside('', (path ?? '').replace(/^\/+/, ''));
  if (resolved !== null) return resolved;
  throw new BuildError('PATH_REFUSED', `kustomization path '${path}' leaves the artifact; use a path below its root`, {
    reason: 'ArtifactFailed',
    retry: 'backoff',
  });
}

/** `relative` as seen from the folder `base`, both from the root; null when it is absolute or leaves the root. */
export function resolveInside(base: string, relative: string): string | null {
  if (relative.startsWith('/') || relative.includes('\0') || relative.includes('\\')) return null;
  const segments = base === '' ? [] : base.split('/');
  for (const segment of relative.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  return segments.join('/');
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Paths in the order in which a walk meets them: folder by folder, each by its names. */
export function comparePaths(a: string, b: string): number {
  const left = a.split('/');
  const right = b.split('/');
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = Buffer.compare(Buffer.from(left[index] ?? ''), Buffer.from(right[index] ?? ''));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
