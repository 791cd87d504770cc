import type { RolloutChange } from '../api/index.ts';
import { formatKey, type Marker, type NamespacedName } from '../core/index.ts';
import { parseImageText } from './image.ts';

/** What one commit changed for one policy: the bump. */
export interface Bump {
  readonly policy: NamespacedName;
  readonly changes: readonly RolloutChange[];
}

export interface MarkersOfFile {
  readonly before: readonly Marker[];
  readonly after: readonly Marker[];
}

/** The bumps of a commit, from the markers of the files it changed; one a policy. A marker that only came or went is no bump. */
export function bumpsOf(files: readonly MarkersOfFile[]): Bump[] {
  const changed = files.flatMap(({ before, after }) =>
    after.flatMap((marker) => {
      const old = findMarker(marker, before);
      return old === null || old.value === marker.value ? [] : [{ marker, from: old.value }];
    }),
  );
  const groups = Map.groupBy(changed, ({ marker }) => formatKey(marker.policy));
  return [...groups.values()].flatMap((group) => {
    const policy = group[0]?.marker.policy;
    return policy === undefined ? [] : [{ policy, changes: group.map(({ marker, from }) => changeOf(marker, from)) }];
  });
}

function changeOf({ file, object, path, part, value }: Marker, from: string): RolloutChange {
  return { file, object: { ...object }, path, part, from, to: value };
}

/** The same place in another version of the file; by its policy and value where the path moved. */
function findMarker(marker: Marker, candidates: readonly Marker[]): Marker | null {
  return candidates.find((other) => isSamePlace(marker, other) && formatKey(other.policy) === formatKey(marker.policy)) ?? null;
}

/** Whether two say which value of which object is meant, in the same file. */
export function isSamePlace(
  a: Pick<RolloutChange, 'file' | 'object' | 'path' | 'part'>,
  b: Pick<RolloutChange, 'file' | 'object' | 'path' | 'part'>,
): boolean {
  return (
    a.file === b.file &&
    a.path === b.path &&
    a.part === b.part &&
    a.object.kind === b.object.kind &&
    a.object.namespace === b.object.namespace &&
    a.object.name === b.object.name
  );
}

/** What the changes say about the image; `name` stands in where they do not name it. */
export function imageOfChanges(
  changes: readonly RolloutChange[],
  name: string,
): { name: string; tag: string; digest?: string; previousTag?: string } {
  const after = partsOf(changes, 'to');
  const before = new Set(changes.map((change) => partsOf([change], 'from').tag).filter((tag) => tag !== ''));
  const [previousTag, ...others] = before;
  return {
    name: after.name === '' ? name : after.name,
    tag: after.tag,
    ...(after.digest === '' ? {} : { digest: after.digest }),
    ...(previousTag === undefined || others.length > 0 ? {} : { previousTag }),
  };
}

function partsOf(changes: readonly RolloutChange[], side: 'from' | 'to'): { name: string; tag: string; digest: string } {
  const parts = { name: '', tag: '', digest: '' };
  for (const change of changes) {
    const value = change[side];
    const said = change.part === 'image' ? parseImageText(value) : { name: '', tag: '', digest: '', [change.part]: value };
    for (const field of ['name', 'tag', 'digest'] as const) if (parts[field] === '') parts[field] = said[field];
  }
  return parts;
}
