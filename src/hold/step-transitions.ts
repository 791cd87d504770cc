import type { Commit, Marker, Oid } from '../core/index.ts';
import type { BlobReader, FileVersion } from './blob-reader.ts';
import { compareVersions, type VersionChange } from './compare-versions.ts';
import { touches } from './decide-hold.ts';
import type { WalkReader } from './find-transitions.ts';
import type { Side } from './read-sides.ts';
import { tagOf } from './version.ts';

/**
 * Which version of a file came after one that cannot be read as YAML: a revert made in two commits, of which the first left conflict
 * marks behind, is one transition, made by the second.
 */
export interface NewerVersions {
  note(before: FileVersion, next: Revision): void;
  after(version: FileVersion): Revision | undefined;
}

interface Revision {
  readonly version: FileVersion;
  readonly commit: Commit;
}

export function createNewerVersions(): NewerVersions {
  const newer = new Map<Oid, Revision>();
  return {
    note: (before, next) => {
      if (before) newer.set(before.oid, next);
    },
    after: (version) => (version === null ? undefined : newer.get(version.oid)),
  };
}

/** A change with the commit that made it. */
type CommittedChange = VersionChange & { readonly commit: Commit };

interface Comparison {
  readonly unit: Marker;
  readonly newValue: string;
  readonly commit: Commit;
  readonly sides: readonly Side[];
}

/** How a commit changed the unit, for each of its parents whose side counts, as far as `newValue` may be touched. */
export async function compareSides(reader: WalkReader, comparison: Comparison, newer: NewerVersions): Promise<CommittedChange[]> {
  const changes: CommittedChange[] = [];
  for (const side of comparison.sides) {
    if (!side.changed) continue;
    newer.note(side.before, { version: side.after, commit: comparison.commit });
    const change = await compareSide(reader, comparison, { side, newer });
    if (change && !(await isTakenFromOtherSide(reader, comparison, side))) changes.push(change);
  }
  return changes;
}

/** Null if the unit did not go to or away from `newValue`. */
async function compareSide(
  { blobs }: WalkReader,
  { unit, newValue, commit }: Comparison,
  { side, newer }: { side: Side; newer: NewerVersions },
): Promise<CommittedChange | null> {
  // The whole reference may have stood as a name and a tag before: only the tag is sure to be there in one piece.
  const text = tagOf(unit.part, newValue) ?? newValue;
  if (!(await blobs.mayContain(side.before, text)) && !(await blobs.mayContain(side.after, text))) return null;
  const before = await blobs.markers(side.path, side.before);
  const after = await readableAfter(blobs, side.path, { newer, revision: { version: side.after, commit } });
  const change = before && after && compareVersions(unit, before, after.markers);
  return change && touches(change, newValue) ? { ...change, commit: after.commit } : null;
}

/** The markers after a commit, or after the first later one whose text can be read. */
async function readableAfter(
  blobs: BlobReader,
  path: string,
  { newer, revision }: { newer: NewerVersions; revision: Revision },
): Promise<{ markers: readonly Marker[]; commit: Commit } | null> {
  const passed = new Set<Oid>();
  let next: Revision | undefined = revision;
  while (next !== undefined) {
    const { version, commit }: Revision = next;
    const markers = await blobs.markers(path, version);
    if (markers !== null) return { markers, commit };
    if (version === null || passed.has(version.oid)) return null;
    passed.add(version.oid);
    next = newer.after(version);
  }
  return null;
}

/**
 * A side whose value is still that of the merge base said nothing: the merge took what another side had changed. A merge that agrees
 * with no side, or with one that had not changed it, speaks for itself.
 */
async function isTakenFromOtherSide(reader: WalkReader, comparison: Comparison, side: Side): Promise<boolean> {
  for (const other of comparison.sides) {
    if (other === side || other.parent === null || side.parent === null) continue;
    if (!(await agreesWithMerge(reader, comparison, other))) continue;
    const base = await reader.mirror.mergeBase(side.parent, other.parent);
    if (base !== null && (await isAsAtBase(reader, comparison, { side, other, base }))) return true;
  }
  return false;
}

async function agreesWithMerge({ blobs }: WalkReader, { unit }: Comparison, side: Side): Promise<boolean> {
  if (!side.changed) return true;
  const before = await blobs.markers(side.path, side.before);
  const after = await blobs.markers(side.path, side.after);
  return before !== null && after !== null && compareVersions(unit, before, after) === null;
}

async function isAsAtBase(
  { mirror, blobs }: WalkReader,
  { unit }: Comparison,
  { side, other, base }: { side: Side; other: Side; base: Oid },
): Promise<boolean> {
  // Either side may have moved the file since.
  const entry = (await mirror.entry(base, side.path)) ?? (await mirror.entry(base, other.path));
  const then = await blobs.markers(side.path, entry?.type === 'blob' ? entry : null);
  const now = await blobs.markers(side.path, side.before);
  return then !== null && now !== null && compareVersions(unit, then, now) === null;
}
