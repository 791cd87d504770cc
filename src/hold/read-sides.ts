import type { HistoryStep, Marker, Oid } from '../core/index.ts';
import type { FileVersion } from './blob-reader.ts';
import { type Arrival, findOriginOfFile, findOriginOfUnit, type Origin } from './find-origin.ts';
import type { WalkReader } from './find-transitions.ts';

/** One parent's view of a commit, as far as one file is concerned. */
export interface Side {
  /** Null for the side of a root, which has nothing before. */
  readonly parent: Oid | null;
  /** The file's path in the parent. */
  readonly path: string;
  /** False if parent and commit have the same file. */
  readonly changed: boolean;
  /** The parent has nothing at the file's present path. */
  readonly added: boolean;
  readonly before: FileVersion;
  readonly after: FileVersion;
  /** Where else the unit was in the parent; null if it was in the same path, or nowhere. */
  readonly origin: Origin | null;
}

interface Place {
  readonly unit: Marker;
  readonly step: HistoryStep;
  readonly path: string;
}

/** The file before and after a step, for each parent; a file that is new against a parent is looked for at its former path. */
export async function readSides(reader: WalkReader, place: Place): Promise<Side[]> {
  const sides: Side[] = [];
  for (const { parent, changes } of place.step.changes) {
    const change = changes.find(({ path }) => path === place.path);
    if (change === undefined)
      sides.push({ parent, path: place.path, changed: false, added: false, before: null, after: null, origin: null });
    else sides.push(await readSide(reader, place, { parent, before: change.before, after: change.after }));
  }
  return sides;
}

async function readSide(reader: WalkReader, place: Place, change: Pick<Side, 'parent' | 'before' | 'after'>): Promise<Side> {
  const { parent, before, after } = change;
  const unchanged: Side = { ...change, path: place.path, changed: true, added: before === null, origin: null };
  if (parent === null || after === null) return unchanged;
  const arrival = { unit: place.unit, commit: place.step.commit.oid, parent, path: place.path, version: after };
  const origin = await findOrigin(reader, arrival, { before, isMerge: place.step.changes.length > 1 });
  if (origin === null) return unchanged;
  return { ...unchanged, path: origin.path, before: origin.version, origin };
}

async function findOrigin(
  reader: WalkReader,
  arrival: Arrival,
  { before, isMerge }: { before: FileVersion; isMerge: boolean },
): Promise<Origin | null> {
  if (before === null) return findOriginOfFile(reader, arrival);
  // A merge brings no unit from elsewhere that its parents did not bring already.
  if (isMerge) return null;
  const policy = `${arrival.unit.policy.namespace}:${arrival.unit.policy.name}`;
  const arrived = (await reader.blobs.mayContain(arrival.version, policy)) && !(await reader.blobs.mayContain(before, policy));
  return arrived ? findOriginOfUnit(reader, arrival) : null;
}
