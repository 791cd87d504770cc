import type { GitMirror, Marker, Oid, TreeChange } from '../core/index.ts';
import { isMarkerFile } from '../edit/index.ts';
import type { BlobReader, FileVersion } from './blob-reader.ts';
import { findUnit } from './compare-versions.ts';
import { comparePathLikeness } from './path-likeness.ts';
import { samePolicy } from './version.ts';

/** Where a unit was before it came to its file. */
export interface Origin {
  readonly path: string;
  readonly version: NonNullable<FileVersion>;
  /** The file was moved: what stood at the new path earlier was another file. */
  readonly moved: boolean;
}

export interface Arrival {
  readonly unit: Marker;
  readonly commit: Oid;
  readonly parent: Oid;
  /** The file in which the unit appears at `commit`. */
  readonly path: string;
  readonly version: FileVersion;
}

interface Candidate extends Origin {
  readonly sameUnit: boolean;
  readonly removed: boolean;
  /** It carries fewer of the policy's markers than before. */
  readonly lost: boolean;
  readonly sameBlob: boolean;
}

type OriginReader = { readonly mirror: Pick<GitMirror, 'diff' | 'tree'>; readonly blobs: BlobReader };

/**
 * For a file that `commit` adds: the path removed or changed there (a move, a split, a copy) that held the policy's marker, else an
 * unchanged file of exactly the same bytes. Where several did, the one that held this very unit, then the one most alike.
 */
export async function findOriginOfFile(reader: OriginReader, arrival: Arrival): Promise<Origin | null> {
  const [best] = (await findCandidates(reader, arrival)).toSorted(compareCandidates(arrival.path));
  return best ?? (await findCopied(reader, arrival));
}

/** For a unit that appears in a file which existed before: the file that lost this very unit in the same commit. */
export async function findOriginOfUnit(reader: OriginReader, arrival: Arrival): Promise<Origin | null> {
  const candidates = (await findCandidates(reader, arrival)).filter(({ sameUnit, lost }) => sameUnit && lost);
  const [best] = candidates.toSorted(compareCandidates(arrival.path));
  return best ? { ...best, moved: false } : null;
}

async function findCandidates(reader: OriginReader, arrival: Arrival): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const change of await reader.mirror.diff(arrival.parent, arrival.commit)) {
    const candidate = await asCandidate(reader.blobs, arrival, change);
    if (candidate) candidates.push(candidate);
  }
  return candidates;
}

async function asCandidate(blobs: BlobReader, arrival: Arrival, change: TreeChange): Promise<Candidate | null> {
  const { path, before, after } = change;
  if (before === null || path === arrival.path || !isMarkerFile(path)) return null;
  if (!(await blobs.mayContain(before, arrival.unit.policy.name))) return null;
  const held = (await blobs.markers(path, before)) ?? [];
  const count = countOfPolicy(arrival.unit, held);
  if (count === 0) return null;
  const left = after === null ? [] : ((await blobs.markers(path, after)) ?? held);
  return {
    path,
    version: before,
    moved: after === null,
    removed: after === null,
    sameUnit: findUnit(arrival.unit, held) !== null,
    lost: countOfPolicy(arrival.unit, left) < count,
    sameBlob: before.oid === arrival.version?.oid,
  };
}

function countOfPolicy(unit: Marker, markers: readonly Marker[]): number {
  return markers.filter((marker) => samePolicy(marker, unit)).length;
}

function compareCandidates(path: string): (a: Candidate, b: Candidate) => number {
  const byPath = comparePathLikeness(path);
  return (a, b) =>
    Number(b.sameUnit) - Number(a.sameUnit) ||
    Number(b.removed) - Number(a.removed) ||
    Number(b.lost) - Number(a.lost) ||
    Number(b.sameBlob) - Number(a.sameBlob) ||
    byPath(a.path, b.path);
}

/** Copied text brings its past along: a new environment must not begin with the version that its model was rolled back from. */
async function findCopied({ mirror }: OriginReader, { parent, path, version }: Arrival): Promise<Origin | null> {
  if (version === null) return null;
  const copies = (await mirror.tree(parent)).filter((entry) => entry.oid === version.oid && entry.mode === version.mode);
  const byPath = comparePathLikeness(path);
  const [best] = copies.toSorted((a, b) => byPath(a.path, b.path));
  return best ? { path: best.path, version: { oid: best.oid, mode: best.mode }, moved: false } : null;
}
