import { TagalongError } from '../core/index.ts';

/** A path of a spec as a clean path inside the repository: '' for the root. Throws for one that leaves it. */
export function cleanSourcePath(path: string | undefined, field: string): string {
  const segments: string[] = [];
  for (const segment of (path ?? '').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined)
      throw new TagalongError('PATH_LEAVES_SOURCE', `${field} '${path}' leaves the repository`, {
        retry: 'never',
        reason: 'InvalidPath',
      });
  }
  return segments.join('/');
}
